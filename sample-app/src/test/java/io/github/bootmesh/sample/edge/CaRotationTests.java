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

package io.github.bootmesh.sample.edge;

import java.io.IOException;
import java.io.StringReader;
import java.util.Map;
import java.util.Objects;

import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.junit.jupiter.api.Test;
import org.springframework.web.server.ResponseStatusException;
import tools.jackson.databind.json.JsonMapper;

import io.github.bootmesh.sample.edge.CaRotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link CaRotation}.
 */
class CaRotationTests {

	private static final String ANSWER = """
			{"Provider":"consul","Config":{"LeafCertTTL":"72h","RotationPeriod":"2160h","PrivateKey":"old","RootCert":"old"},
			 "State":null,"CreateIndex":5,"ModifyIndex":5}""";

	@Test
	void whenTheCaGetsANewKeyThenTheRestOfItsConfigurationStays() {
		Configuration next = JsonMapper.shared().readValue(ANSWER, Configuration.class).withNewKey();
		assertThat(next.config()).containsEntry("LeafCertTTL", "72h")
			.containsEntry("RotationPeriod", "2160h")
			.containsEntry("RootCert", "");
		assertThat(JsonMapper.shared().valueToTree(next).propertyNames()).containsExactlyInAnyOrder("Provider",
				"Config");
	}

	@Test
	void whenTheCaGetsANewKeyThenTheKeyNamesItsCurve() throws IOException {
		String pem = String.valueOf(
				Objects.requireNonNull(new Configuration("consul", Map.of()).withNewKey().config()).get("PrivateKey"));
		assertThat(pem).startsWith("-----BEGIN EC PRIVATE KEY-----");
		try (PEMParser parser = new PEMParser(new StringReader(pem))) {
			PrivateKeyInfo key = ((PEMKeyPair) parser.readObject()).getPrivateKeyInfo();
			assertThat(key.getPrivateKeyAlgorithm().getParameters()).isEqualTo(SECObjectIdentifiers.secp256r1);
		}
	}

	@Test
	void whenTheCaIsNotConsulsOwnThenItIsLeftAlone() {
		assertThatExceptionOfType(ResponseStatusException.class)
			.isThrownBy(() -> new Configuration("vault", Map.of()).withNewKey())
			.withMessageContaining("vault");
	}

}
