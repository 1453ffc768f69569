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

package io.github.bootmesh.sample.member;

import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * One end of the way that streams of bytes take through the mesh.
 *
 * @param address where it listens, {@code null} before it does
 * @param connections connections now open
 * @param received bytes that came from those who connected
 * @param sent bytes that were sent to them
 * @param failures connections that were reset, by reason
 */
public record Listener(@Nullable String address, int connections, long received, long sent,
		Map<String, Long> failures) {

}
