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

package io.github.bootmesh.intention;

import java.time.Duration;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

import io.github.bootmesh.Internal;

/**
 * What is known of the intentions at one moment, for health and operators.
 *
 * @param set the current set, which knows its intentions, its default policy and the
 * rules that are not understood; {@code null} before the first one
 * @param since since when it is the current one
 * @param age how long ago the source confirmed it
 * @param usable whether it decides; else everything is denied
 * @param problem what is wrong, {@code null} if nothing is
 * @param problemSince since when
 * @param rejections how many answers of the source were of no use
 */
@Internal
public record AuthorizerStatus(@Nullable IntentionSet set, @Nullable Instant since, @Nullable Duration age,
		boolean usable, @Nullable String problem, @Nullable Instant problemSince, long rejections) {

}
