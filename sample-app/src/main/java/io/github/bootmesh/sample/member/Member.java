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
 * What a service tells about itself.
 *
 * @param service the name
 * @param spiffeId the identity that it shows in the mesh
 * @param generation the number of that identity since the process started; each rotation
 * counts one up
 * @param notBefore start of its certificate's validity
 * @param notAfter end of its certificate's validity
 * @param address host and port that the question came in on
 * @param health where its health can be asked for, or {@code null} when nowhere
 */
public record Member(String service, String spiffeId, long generation, Instant notBefore, Instant notAfter,
		String address, @Nullable String health) {

}
