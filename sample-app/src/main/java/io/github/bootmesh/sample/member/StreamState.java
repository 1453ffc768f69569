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

import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * How a stream that is held open does.
 *
 * @param alive whether it delivers
 * @param since since when it does or does not, {@code null} when that is not known
 * @param problem why it does not, or {@code null}
 */
public record StreamState(boolean alive, @Nullable Instant since, @Nullable String problem) {

}
