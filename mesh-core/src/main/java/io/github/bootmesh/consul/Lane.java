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

package io.github.bootmesh.consul;

/**
 * Kinds of requests that have connections of their own.
 */
enum Lane {

	/**
	 * Queries of watches that hold a place: blocking ones, and all about identity and
	 * intentions.
	 */
	PLACES,

	/**
	 * Reads of the catalog that are answered at once.
	 */
	POLLS,

	/**
	 * Registration, checks and questions to the agent about its own services and
	 * settings.
	 */
	CALLS;

	int connections(ConsulLimits limits) {
		return switch (this) {
			case PLACES -> limits.places();
			case POLLS -> limits.polls();
			case CALLS -> limits.calls();
		};
	}

}
