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

package io.github.bootmesh.autoconfigure.registration;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.availability.ApplicationAvailability;
import org.springframework.boot.availability.ReadinessState;

import io.github.bootmesh.identity.MeshIdentity;
import io.github.bootmesh.intention.Authorizer;

/**
 * Ready is an application that says so, has a usable identity and, where it takes calls,
 * intentions to decide by, or whose proxy has them, and whose readiness group agrees.
 * What else is wrong with it does not take it out of the mesh.
 */
final class ApplicationReadiness implements Readiness {

	private final ApplicationAvailability availability;

	private final @Nullable MeshIdentity identity;

	private final @Nullable Authorizer authorizer;

	private final MeshPort port;

	private final Readiness group;

	/**
	 * The readiness of an application.
	 * @param identity its own identity, or {@code null} if a proxy has it
	 * @param authorizer what it decides by, or {@code null} if it takes no calls itself
	 */
	ApplicationReadiness(ApplicationAvailability availability, @Nullable MeshIdentity identity,
			@Nullable Authorizer authorizer, MeshPort port, Readiness group) {
		this.availability = availability;
		this.identity = identity;
		this.authorizer = authorizer;
		this.port = port;
		this.group = group;
	}

	@Override
	public Report report() {
		ReadinessState state = this.availability.getReadinessState();
		if (state != ReadinessState.ACCEPTING_TRAFFIC) {
			return Report.notReady("The application's readiness is " + state + ".");
		}
		if (this.identity != null && !this.identity.status().usable()) {
			return Report.notReady("The application has no usable mesh identity.");
		}
		if (this.authorizer != null && !this.authorizer.status().usable()) {
			return Report.notReady("The application has no usable intentions.");
		}
		String problem = this.port.problem();
		return (problem != null) ? Report.notReady(problem) : this.group.report();
	}

}
