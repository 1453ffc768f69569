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

import io.github.bootmesh.Internal;
import io.github.bootmesh.MeshRequest;

/**
 * What rules look at in a request. May be asked more than once, also after the request's
 * headers are gone from the wire.
 */
@Internal
public interface RequestFacts extends MeshRequest {

	/**
	 * Whether the path is routed in any case. Rules for paths then match without case as
	 * well, and what is allowed has to be so in both readings.
	 * @return whether case means nothing to who routes the request
	 */
	default boolean anyCase() {
		return false;
	}

}
