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

package io.github.bootmesh.dev;

import java.util.List;
import java.util.Map;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

/**
 * A prepared query, as it is stored, shown and, with most fields absent, written.
 *
 * @param id the ID
 * @param name the name
 * @param session unused
 * @param token unused
 * @param template unused
 * @param service what it asks for
 * @param dns settings of answers by DNS
 * @param createIndex the index that it came with
 * @param modifyIndex the index of its last change
 */
record PreparedQuery(@Nullable String id, @Nullable String name, @Nullable String session, @Nullable String token,
		@Nullable Template template, @Nullable ServiceQuery service, @Nullable Dns dns, long createIndex,
		long modifyIndex) {

	String serviceName() {
		return Objects.requireNonNull(Objects.requireNonNull(this.service).service());
	}

	/**
	 * The query with defaults filled in, or the refusal that Consul gives.
	 * @param newId its ID
	 * @param createdAt the index that it came with
	 * @param index the index of the change
	 * @return the query
	 */
	PreparedQuery stored(String newId, long createdAt, long index) {
		if (this.service == null || this.service.service() == null || this.service.service().isEmpty()) {
			throw RefusedException.failed("Invalid prepared query: Must provide a Service name to query");
		}
		if (this.template != null && this.template.type() != null && !this.template.type().isEmpty()) {
			throw RefusedException.failed("Invalid prepared query: a development Consul knows no templates");
		}
		ServiceQuery asked = this.service;
		return new PreparedQuery(newId, text(this.name), text(this.session), "", new Template("", "", false),
				new ServiceQuery(asked.service(), (asked.failover() != null) ? asked.failover() : new Failover(0, null),
						asked.onlyPassing(), asked.ignoreCheckIds(), text(asked.near()), asked.tags(), asked.nodeMeta(),
						asked.serviceMeta(), asked.connect()),
				new Dns((this.dns != null) ? text(this.dns.ttl()) : ""), createdAt, index);
	}

	private static String text(@Nullable String value) {
		return (value != null) ? value : "";
	}

	/**
	 * Finds the instances that it asks for.
	 * @param catalog where to look
	 * @param connect whether only instances in the mesh count
	 * @return the instances
	 */
	List<Instance> execute(Catalog catalog, boolean connect) {
		ServiceQuery asked = Objects.requireNonNull(this.service);
		List<String> tags = (asked.tags() != null) ? asked.tags() : List.of();
		Map<String, String> meta = (asked.serviceMeta() != null) ? asked.serviceMeta() : Map.of();
		List<Instance> instances = (connect || asked.connect()) ? catalog.connectInstances(serviceName())
				: catalog.instances(serviceName());
		return instances.stream()
			.filter((instance) -> instance.tags().containsAll(tags))
			.filter((instance) -> instance.meta().entrySet().containsAll(meta.entrySet()))
			.filter((instance) -> counts(catalog.checks(instance.id()), asked))
			.toList();
	}

	private static boolean counts(List<Check> checks, ServiceQuery asked) {
		List<String> ignored = (asked.ignoreCheckIds() != null) ? asked.ignoreCheckIds() : List.of();
		return checks.stream()
			.filter((check) -> !ignored.contains(check.id()))
			.allMatch((check) -> check.status().equals(Check.PASSING)
					|| (check.status().equals(Check.WARNING) && !asked.onlyPassing()));
	}

	PreparedQuery at(long low) {
		return new PreparedQuery(this.id, this.name, this.session, this.token, this.template, this.service, this.dns,
				low, low);
	}

	/**
	 * What a query asks for.
	 *
	 * @param service the service
	 * @param failover where else it looks, which is nowhere here
	 * @param onlyPassing whether an instance with a warning counts not
	 * @param ignoreCheckIds checks that do not count
	 * @param near unused
	 * @param tags the tags that an instance must have
	 * @param nodeMeta unused
	 * @param serviceMeta the metadata that an instance must have
	 * @param connect whether it asks for instances in the mesh
	 */
	record ServiceQuery(@Nullable String service, @Nullable Failover failover, boolean onlyPassing,
			@Nullable List<String> ignoreCheckIds, @Nullable String near, @Nullable List<String> tags,
			@Nullable Map<String, String> nodeMeta, @Nullable Map<String, String> serviceMeta, boolean connect) {

	}

	/**
	 * Where a query looks when it finds nothing.
	 *
	 * @param nearestN how many other datacenters
	 * @param datacenters which ones
	 */
	record Failover(int nearestN, @Nullable List<String> datacenters) {

	}

	/**
	 * How a query serves many names.
	 *
	 * @param type the type
	 * @param regexp the names
	 * @param removeEmptyTags whether empty tags count not
	 */
	record Template(@Nullable String type, @Nullable String regexp, boolean removeEmptyTags) {

	}

	/**
	 * Settings of answers by DNS.
	 *
	 * @param ttl the time to live
	 */
	record Dns(@Nullable String ttl) {

	}

}
