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

import org.jspecify.annotations.Nullable;

/**
 * One station of a call that travels through the services.
 *
 * @param service the name
 * @param spiffeId who the service is
 * @param generation the generation of that identity
 * @param caller who the service saw calling, {@code null} for a caller outside the mesh
 * @param answer what the service has to say
 * @param next the service that was called from here, {@code null} when none answered
 * @param problem why the next one did not answer, or {@code null}
 */
public record Hop(String service, String spiffeId, long generation, @Nullable String caller, String answer,
		@Nullable Hop next, @Nullable String problem) {

	/**
	 * This station with the one after it.
	 * @param next the next station
	 * @return the longer way
	 */
	public Hop calling(Hop next) {
		return new Hop(this.service, this.spiffeId, this.generation, this.caller, this.answer, next, null);
	}

	/**
	 * This station as the last one, for the next did not answer.
	 * @param failure why
	 * @return the broken way
	 */
	public Hop failing(Throwable failure) {
		return new Hop(this.service, this.spiffeId, this.generation, this.caller, this.answer, null,
				Problem.of(failure));
	}

}
