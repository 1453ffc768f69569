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

import java.util.List;
import java.util.Objects;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

import io.github.bootmesh.Internal;

/**
 * What a prepared query found.
 *
 * @param service the service that it asks for
 * @param nodes the instances
 * @param datacenter where they were found
 */
@Internal
public record QueryResult(String service, List<ServiceEntry> nodes, String datacenter) {

	@JsonCreator
	static QueryResult of(@JsonProperty("Service") String service,
			@JsonProperty("Nodes") @Nullable List<ServiceEntry> nodes,
			@JsonProperty("Datacenter") @Nullable String datacenter) {
		return new QueryResult(Objects.requireNonNull(service), Lists.orEmpty(nodes),
				Objects.requireNonNullElse(datacenter, ""));
	}

}
