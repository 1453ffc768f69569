/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.bootmesh.autoconfigure.upstream;

import org.jspecify.annotations.Nullable;

import io.github.bootmesh.relay.ListenerStatus;
import io.github.bootmesh.relay.Upstream;

/**
 * What is known of an upstream at a moment.
 *
 * @param upstream the upstream
 * @param origin who wants it
 * @param identity the listener as whose service it dials, or {@code null} for the
 * application's own
 * @param listener its local listener
 */
public record UpstreamStatus(Upstream upstream, UpstreamOrigin origin, @Nullable String identity,
		ListenerStatus listener) {

}
