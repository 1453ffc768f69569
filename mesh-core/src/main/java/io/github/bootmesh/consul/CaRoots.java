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
 * The CA certificates of the mesh ({@code /v1/agent/connect/ca/roots}).
 *
 * @param activeRootId ID of the root that signs leaves now
 * @param trustDomain the trust domain, {@code <uuid>.consul}
 * @param roots all roots to trust, the active one and those still in rotation
 */
@Internal
public record CaRoots(String activeRootId, String trustDomain, List<Root> roots) {

	@JsonCreator
	static CaRoots of(@JsonProperty("ActiveRootID") @Nullable String activeRootId,
			@JsonProperty("TrustDomain") String trustDomain, @JsonProperty("Roots") @Nullable List<Root> roots) {
		return new CaRoots(Objects.requireNonNullElse(activeRootId, ""), Objects.requireNonNull(trustDomain),
				Lists.orEmpty(roots));
	}

	/**
	 * One CA certificate.
	 *
	 * @param id the ID, a fingerprint
	 * @param name the name for people
	 * @param rootCert the certificate in PEM
	 * @param intermediateCerts certificates that cross-sign it, in PEM, possibly empty
	 * @param signingKeyId subject key ID of the key that signs leaves, colon-separated
	 * hex
	 * @param active whether it signs leaves now
	 */
	@Internal
	public record Root(String id, @Nullable String name, String rootCert, List<String> intermediateCerts,
			@Nullable String signingKeyId, boolean active) {

		@JsonCreator
		static Root of(@JsonProperty("ID") String id, @JsonProperty("Name") @Nullable String name,
				@JsonProperty("RootCert") String rootCert,
				@JsonProperty("IntermediateCerts") @Nullable List<String> intermediateCerts,
				@JsonProperty("SigningKeyID") @Nullable String signingKeyId, @JsonProperty("Active") boolean active) {
			return new Root(Objects.requireNonNull(id), name, Objects.requireNonNull(rootCert),
					Lists.orEmpty(intermediateCerts), signingKeyId, active);
		}

	}

}
