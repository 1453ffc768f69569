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

import reactor.core.publisher.Flux;

/**
 * Where a service's identity comes from. The agent of Consul is one; Consul's gRPC API or
 * the SPIFFE Workload API could be others.
 */
public interface IdentitySource {

	/**
	 * The identity as soon as it is known and again whenever leaf or roots change. Leaf
	 * and roots of one {@link IdentityMaterial} belong together: while only one of them
	 * has arrived, nothing is emitted. What cannot be read is an
	 * {@link IdentityUpdate.Rejected}, and the stream goes on. Whether an identity is
	 * acceptable is not the source's to judge.
	 * <p>
	 * The stream does not fail: while the source is away it keeps trying by itself and
	 * emits nothing. It completes only if the identity will never change. It may emit on
	 * any thread. One subscriber at a time; cancelling ends all work.
	 * @return the stream
	 */
	Flux<IdentityUpdate> updates();

}
