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

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * The shapes in which the servers show nodes, instances and checks.
 */
final class CatalogViews {

	private final Node node;

	CatalogViews(String id, String name, String datacenter) {
		String address = "127.0.0.1";
		this.node = new Node(id, name, address, datacenter,
				Map.of("lan", address, "lan_ipv4", address, "wan", address, "wan_ipv4", address),
				Map.of("consul-network-segment", ""), 3, 3);
	}

	Entry entry(Instance instance, List<Check> checks) {
		CheckView serf = new CheckView(this.node.node(), "serfHealth", "Serf Health Status", Check.PASSING, "",
				"Agent alive and reachable", "", "", List.of(), "", Map.of(), 3, 3);
		List<CheckView> all = new java.util.ArrayList<>(List.of(serf));
		checks.forEach((check) -> all.add(check(check, check.createIndex(), check.modifyIndex())));
		return new Entry(this.node,
				new Service(instance.kind(), instance.id(), instance.service(), instance.tags(), instance.address(),
						instance.taggedAddresses(), instance.meta().isEmpty() ? null : instance.meta(), instance.port(),
						instance.weights(), instance.enableTagOverride(), proxy(instance), connect(instance),
						instance.createIndex(), instance.modifyIndex()),
				all);
	}

	/**
	 * A check as the agent shows it, which knows no index.
	 * @param check the check
	 * @return the view
	 */
	CheckView agentCheck(Check check) {
		return check(check, 0, 0);
	}

	private CheckView check(Check check, long create, long modify) {
		return new CheckView(this.node.node(), check.id(), check.name(), check.status(), check.notes(), check.output(),
				check.serviceId(), check.service(), check.tags(), (check.alias() != null) ? "alias" : "ttl", Map.of(),
				create, modify);
	}

	CatalogService catalogService(Instance instance) {
		return new CatalogService(this.node.id(), this.node.node(), this.node.address(), this.node.datacenter(),
				this.node.taggedAddresses(), this.node.meta(), instance.kind(), instance.id(), instance.service(),
				instance.tags(), instance.address(), instance.taggedAddresses(), instance.weights(), instance.meta(),
				instance.port(), instance.enableTagOverride(), proxy(instance), connect(instance),
				instance.createIndex(), instance.modifyIndex());
	}

	private static Proxy proxy(Instance instance) {
		return (instance.proxy() != null) ? instance.proxy() : Proxy.NONE;
	}

	private static Connect connect(Instance instance) {
		return new Connect(instance.connectNative());
	}

	/**
	 * An instance with its node and checks.
	 *
	 * @param node the node
	 * @param service the instance
	 * @param checks the checks of both
	 */
	record Entry(Node node, Service service, List<CheckView> checks) {

	}

	/**
	 * The one node.
	 *
	 * @param id the ID
	 * @param node the name
	 * @param address the address
	 * @param datacenter the datacenter
	 * @param taggedAddresses more addresses
	 * @param meta the metadata
	 * @param createIndex the index that it came with
	 * @param modifyIndex the index of its last change
	 */
	record Node(String id, String node, String address, String datacenter, Map<String, String> taggedAddresses,
			Map<String, String> meta, long createIndex, long modifyIndex) {

	}

	/**
	 * An instance.
	 *
	 * @param kind empty, or {@code connect-proxy}
	 * @param id the ID
	 * @param service the name
	 * @param tags the tags
	 * @param address the address
	 * @param taggedAddresses more addresses
	 * @param meta the metadata, {@code null} for none
	 * @param port the port
	 * @param weights the weights
	 * @param enableTagOverride whether others may change the tags
	 * @param proxy what a proxy stands for
	 * @param connect what it is in the mesh
	 * @param createIndex the index that it came with
	 * @param modifyIndex the index of its last change
	 */
	record Service(@JsonInclude(JsonInclude.Include.NON_EMPTY) String kind, String id, String service,
			List<String> tags, String address,
			@JsonInclude(JsonInclude.Include.NON_EMPTY) Map<String, Instance.ServiceAddress> taggedAddresses,
			@Nullable Map<String, String> meta, int port, Instance.Weights weights, boolean enableTagOverride,
			Proxy proxy, Connect connect, long createIndex, long modifyIndex) {

	}

	/**
	 * What an instance is in the mesh.
	 *
	 * @param nativeService whether it itself speaks mTLS, shown only then
	 */
	record Connect(@JsonProperty("Native") @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean nativeService) {

	}

	/**
	 * A check.
	 *
	 * @param node the node
	 * @param checkId the ID
	 * @param name the name for people
	 * @param status the status
	 * @param notes notes for people
	 * @param output what came with the last update
	 * @param serviceId the instance
	 * @param serviceName the service
	 * @param serviceTags the service's tags
	 * @param type the kind of check
	 * @param definition always empty for a TTL check
	 * @param createIndex the index that it came with
	 * @param modifyIndex the index of its last change
	 */
	record CheckView(String node, String checkId, String name, String status, String notes, String output,
			String serviceId, String serviceName, List<String> serviceTags, String type,
			Map<String, @Nullable Object> definition, long createIndex, long modifyIndex) {

		/**
		 * The check as it is shown beside an instance's status, where Consul 1.8.7 shows
		 * the definition of no check, with all its fields.
		 * @return the view
		 */
		CheckView inHealth() {
			Map<String, @Nullable Object> none = new java.util.LinkedHashMap<>();
			List.of("Interval", "Timeout", "DeregisterCriticalServiceAfter").forEach((name) -> none.put(name, "0s"));
			none.put("HTTP", "");
			none.put("Header", null);
			List.of("Method", "Body", "TCP").forEach((name) -> none.put(name, ""));
			none.put("TLSSkipVerify", false);
			return new CheckView(this.node, this.checkId, this.name, this.status, this.notes, this.output,
					this.serviceId, this.serviceName, this.serviceTags, "", none, 0, 0);
		}

	}

	/**
	 * An instance in the catalog.
	 *
	 * @param id the node's ID
	 * @param node the node
	 * @param address the node's address
	 * @param datacenter the datacenter
	 * @param taggedAddresses more addresses of the node
	 * @param nodeMeta the node's metadata
	 * @param serviceKind empty, or {@code connect-proxy}
	 * @param serviceId the ID
	 * @param serviceName the name
	 * @param serviceTags the tags
	 * @param serviceAddress the address
	 * @param serviceTaggedAddresses more addresses
	 * @param serviceWeights the weights
	 * @param serviceMeta the metadata
	 * @param servicePort the port
	 * @param serviceEnableTagOverride whether others may change the tags
	 * @param serviceProxy what a proxy stands for
	 * @param serviceConnect what it is in the mesh
	 * @param createIndex the index that it came with
	 * @param modifyIndex the index of its last change
	 */
	record CatalogService(String id, String node, String address, String datacenter,
			Map<String, String> taggedAddresses, Map<String, String> nodeMeta, String serviceKind, String serviceId,
			String serviceName, List<String> serviceTags, String serviceAddress,
			Map<String, Instance.ServiceAddress> serviceTaggedAddresses, Instance.Weights serviceWeights,
			Map<String, String> serviceMeta, int servicePort, boolean serviceEnableTagOverride, Proxy serviceProxy,
			Connect serviceConnect, long createIndex, long modifyIndex) {

	}

}
