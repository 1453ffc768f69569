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

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

import com.fasterxml.jackson.annotation.JsonAlias;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * A service as it is registered: every field that Consul 1.8.7 knows, so that others are
 * refused as it refuses them.
 *
 * @param kind empty, or {@code connect-proxy}
 * @param id the ID, else the name
 * @param name the name
 * @param tags the tags
 * @param address the address
 * @param taggedAddresses more addresses
 * @param meta the metadata
 * @param port the port
 * @param check a check
 * @param checks more checks
 * @param weights the weights
 * @param token a token
 * @param enableTagOverride whether others may change the tags
 * @param proxy what a proxy stands for
 * @param connect what it is in the mesh
 */
record Registration(@Nullable String kind, @Nullable String id, @Nullable String name, @Nullable List<String> tags,
		@Nullable String address,
		@Nullable @JsonAlias("tagged_addresses") Map<String, Instance.ServiceAddress> taggedAddresses,
		@Nullable Map<String, String> meta, int port, @Nullable CheckDefinition check,
		@Nullable List<CheckDefinition> checks, Instance.@Nullable Weights weights, @Nullable String token,
		@JsonAlias("enable_tag_override") boolean enableTagOverride, @Nullable Proxy proxy, @Nullable Connect connect) {

	private static final Pattern META_KEY = Pattern.compile("[a-zA-Z0-9_-]+");

	/**
	 * The instance, or the refusal that Consul gives.
	 * @param index the index of the change
	 * @return the instance
	 */
	Instance instance(long index) {
		if (this.name == null || this.name.isEmpty()) {
			throw RefusedException.badRequest("Missing service name");
		}
		String given = (this.address != null) ? this.address : "";
		if (given.equals("0.0.0.0") || given.equals("::") || given.equals("[::]")) {
			throw RefusedException.badRequest("Invalid service address");
		}
		Instance.Weights weight = (this.weights != null) ? this.weights : Instance.Weights.DEFAULT;
		weight.validate();
		validateMeta();
		boolean speaksTls = this.connect != null && this.connect.nativeService();
		if ("connect-proxy".equals(this.kind)) {
			validateProxy(speaksTls);
		}
		return new Instance((this.kind != null) ? this.kind : "", instanceId(this.name), this.name,
				(this.tags != null) ? List.copyOf(this.tags) : List.of(), given,
				Instance.taggedAddresses(this.taggedAddresses, given, this.port),
				(this.meta != null) ? new TreeMap<>(this.meta) : Map.of(), this.port, weight, this.enableTagOverride,
				this.proxy, speaksTls, index, index);
	}

	private String instanceId(String otherwise) {
		return (this.id == null || this.id.isEmpty()) ? otherwise : this.id;
	}

	/**
	 * The sidecar to register with it, or the refusal that Consul gives. It lacks the
	 * port and the checks that Consul would choose.
	 * @return the sidecar or {@code null} if it has none
	 */
	@Nullable Registration sidecar() {
		Registration given = (this.connect != null) ? this.connect.sidecarService() : null;
		if (given == null || this.name == null) {
			return null;
		}
		if (given.id != null && !given.id.isEmpty()) {
			throw refused("A SidecarService cannot specify an ID as this is managed by the agent");
		}
		if (given.connect != null && given.connect.sidecarService() != null) {
			throw refused("A SidecarService cannot have a nested SidecarService");
		}
		if (given.port == 0 || given.allChecks().isEmpty()) {
			throw RefusedException.badRequest("Invalid SidecarService: a development Consul chooses no port, and no "
					+ "check, as it runs TTL and alias checks only");
		}
		return new Registration("connect-proxy", sidecarId(instanceId(this.name)),
				(given.name != null && !given.name.isEmpty()) ? given.name : this.name + "-sidecar-proxy",
				(given.tags != null && !given.tags.isEmpty()) ? given.tags : this.tags,
				(given.address != null && !given.address.isEmpty()) ? given.address : this.address,
				given.taggedAddresses, (given.meta != null && !given.meta.isEmpty()) ? given.meta : this.meta,
				given.port, given.check, given.checks, given.weights, given.token, given.enableTagOverride,
				Proxy.before(this.name, instanceId(this.name), this.port, given.proxy), null);
	}

	/**
	 * The ID of the sidecar of an instance.
	 * @param instance the instance's
	 * @return the ID
	 */
	static String sidecarId(String instance) {
		return instance + "-sidecar-proxy";
	}

	static RefusedException refused(String error) {
		return RefusedException.badRequest("1 error occurred:\n\t* " + error + "\n\n");
	}

	/**
	 * The checks, valid ones.
	 * @return the checks
	 */
	List<CheckDefinition> allChecks() {
		List<CheckDefinition> all = new ArrayList<>();
		if (this.check != null && !this.check.isEmpty()) {
			all.add(this.check);
		}
		if (this.checks != null) {
			all.addAll(this.checks);
		}
		all.forEach(CheckDefinition::validate);
		return all;
	}

	private void validateMeta() {
		if (this.meta == null) {
			return;
		}
		this.meta.forEach((key, value) -> {
			if (!META_KEY.matcher(key).matches()) {
				throw RefusedException.badRequest("Invalid Service Meta: Couldn't load metadata pair ('" + key + "', '"
						+ value + "'): Key contains invalid characters");
			}
		});
	}

	private void validateProxy(boolean speaksTls) {
		String error = null;
		if (this.proxy == null || this.proxy.destinationServiceName() == null
				|| this.proxy.destinationServiceName().isBlank()) {
			error = "Proxy.DestinationServiceName must be non-empty for Connect proxy services";
		}
		else if (this.port == 0) {
			error = "Port must be set for a Connect proxy";
		}
		else if (speaksTls) {
			error = "A Proxy cannot also be Connect Native, only typical services";
		}
		if (error != null) {
			throw refused(error);
		}
		if (this.proxy != null) {
			this.proxy.validateUpstreams();
		}
	}

	/**
	 * What it is in the mesh. Consul refuses no unknown field here.
	 *
	 * @param nativeService whether the instance itself speaks mTLS
	 * @param sidecarService a sidecar to register with it
	 */
	@JsonIgnoreProperties(ignoreUnknown = true)
	record Connect(@JsonProperty("Native") boolean nativeService, @Nullable Registration sidecarService) {

	}

}
