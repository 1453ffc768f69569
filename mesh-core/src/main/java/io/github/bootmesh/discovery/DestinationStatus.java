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

package io.github.bootmesh.discovery;

import java.util.List;

import org.jspecify.annotations.Nullable;

import io.github.bootmesh.Destination;

/**
 * What is known of a destination at a moment.
 *
 * @param destination the destination
 * @param endpoints its healthy endpoints
 * @param inFlight exchanges with them that are not over
 * @param problem why there are none, or why they may be out of date or incomplete, or
 * {@code null}
 */
public record DestinationStatus(Destination destination, List<Endpoint> endpoints, int inFlight,
		@Nullable String problem) {

	public DestinationStatus {
		endpoints = List.copyOf(endpoints);
	}

}
