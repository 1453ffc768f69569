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

import org.jspecify.annotations.Nullable;

/**
 * Whose identity is asked for. What is {@code null} is pinned by the first accepted
 * generation.
 *
 * @param service the service
 * @param datacenter the datacenter, or {@code null}
 * @param namespace the namespace, {@code default} where Consul has none
 * @param partition the partition, {@code default} where Consul has none
 * @param trustDomain the trust domain, or {@code null}
 * @param developmentRoots whether roots of the development Consul are accepted
 */
public record IdentityExpectation(String service, @Nullable String datacenter, String namespace, String partition,
		@Nullable String trustDomain, boolean developmentRoots) {

}
