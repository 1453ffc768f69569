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

import io.github.bootmesh.SpiffeId;

/**
 * Whom Consul says a destination stands for, however many instances there are and
 * wherever they run. Immutable.
 *
 * @param service the service that is asked for
 * @param spelledExactly whether it exists in just this spelling, so that no other one is
 * taken
 */
record DestinationIdentity(String service, boolean spelledExactly) {

	/**
	 * Whether some instance of it might show this identity. Its datacenter is left open,
	 * as a prepared query may fail over, and so are namespace and partition: an answer
	 * without instances does not tell them.
	 */
	boolean mayShow(SpiffeId shown) {
		return this.spelledExactly ? this.service.equals(shown.service())
				: this.service.equalsIgnoreCase(shown.service());
	}

}
