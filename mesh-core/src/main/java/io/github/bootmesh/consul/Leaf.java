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

import java.time.Instant;
import java.util.Objects;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;

import io.github.bootmesh.Internal;

/**
 * A leaf with its private key ({@code /v1/agent/connect/ca/leaf/:service}). It shows
 * neither in {@link #toString()}.
 *
 * @param service the service it was issued for
 * @param serviceUri its SPIFFE ID
 * @param certPem the leaf and its intermediates, in PEM
 * @param privateKeyPem the key, in PEM
 * @param validAfter start of its validity
 * @param validBefore end of its validity
 */
@Internal
public record Leaf(String service, String serviceUri, String certPem, String privateKeyPem, Instant validAfter,
		Instant validBefore) {

	@JsonCreator
	static Leaf of(@JsonProperty("Service") String service, @JsonProperty("ServiceURI") String serviceUri,
			@JsonProperty("CertPEM") String certPem, @JsonProperty("PrivateKeyPEM") String privateKeyPem,
			@JsonProperty("ValidAfter") Instant validAfter, @JsonProperty("ValidBefore") Instant validBefore) {
		return new Leaf(Objects.requireNonNull(service), Objects.requireNonNull(serviceUri),
				Objects.requireNonNull(certPem), Objects.requireNonNull(privateKeyPem),
				Objects.requireNonNull(validAfter), Objects.requireNonNull(validBefore));
	}

	@Override
	public String toString() {
		return "Leaf[" + this.serviceUri + ", " + this.validAfter + " to " + this.validBefore + "]";
	}

}
