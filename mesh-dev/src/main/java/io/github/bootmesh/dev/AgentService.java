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

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * An instance as the agent shows it.
 *
 * @param kind empty, or {@code connect-proxy}
 * @param id the ID
 * @param service the name
 * @param tags the tags
 * @param meta the metadata
 * @param port the port
 * @param address the address
 * @param taggedAddresses more addresses
 * @param weights the weights
 * @param enableTagOverride whether others may change the tags
 * @param contentHash the hash to block on
 * @param proxy what a proxy stands for
 * @param connect what it is in the mesh
 */
record AgentService(@JsonInclude(JsonInclude.Include.NON_EMPTY) String kind, String id, String service,
		List<String> tags, Map<String, String> meta, int port, String address,
		@JsonInclude(JsonInclude.Include.NON_EMPTY) Map<String, Instance.ServiceAddress> taggedAddresses,
		Instance.Weights weights, boolean enableTagOverride,
		@JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String contentHash,
		@JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Proxy proxy,
		@JsonInclude(JsonInclude.Include.NON_NULL) CatalogViews.@Nullable Connect connect) {

	static AgentService of(Instance instance, @Nullable String hash) {
		return new AgentService(instance.kind(), instance.id(), instance.service(), instance.tags(), instance.meta(),
				instance.port(), instance.address(), instance.taggedAddresses(), instance.weights(),
				instance.enableTagOverride(), hash, instance.proxy(),
				instance.connectNative() ? new CatalogViews.Connect(true) : null);
	}

	/**
	 * The hash of an instance's content.
	 * @param instance the instance or {@code null}
	 * @return 16 hex digits, empty for no instance
	 */
	static String hash(@Nullable Instance instance) {
		if (instance == null) {
			return "";
		}
		try {
			byte[] digest = MessageDigest.getInstance("SHA-256").digest(Json.write(of(instance, null), false));
			return HexFormat.of().formatHex(digest, 0, 8);
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
