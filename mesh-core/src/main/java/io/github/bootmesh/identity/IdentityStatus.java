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

package io.github.bootmesh.identity;

import java.time.Instant;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import io.github.bootmesh.Internal;

/**
 * What is known of the identity at a moment.
 *
 * @param generation the current generation, expired or not, or {@code null} before the
 * first
 * @param usable whether connections can be made with it now
 * @param problem why the newest material was rejected or the identity is not usable, or
 * {@code null}
 * @param since when that came about, or {@code null}
 * @param rejections count of rejected material by reason
 */
@Internal
public record IdentityStatus(@Nullable IdentityGeneration generation, boolean usable, @Nullable String problem,
		@Nullable Instant since, Map<String, Long> rejections) {

}
