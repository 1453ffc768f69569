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

package io.github.bootmesh;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class SpiffeIdTests {

	private static final String TRUST_DOMAIN = "11111111-2222-3333-4444-555555555555.consul";

	@Test
	void aServiceIdIsRead() {
		SpiffeId id = SpiffeId.parse("spiffe://" + TRUST_DOMAIN + "/ns/default/dc/dc1/svc/orders");
		assertThat(id).isEqualTo(new SpiffeId(TRUST_DOMAIN, "default", "default", "dc1", "orders"));
	}

	@Test
	void thePartitionIsReadWhenThereIsOne() {
		SpiffeId id = SpiffeId.parse("spiffe://" + TRUST_DOMAIN + "/ap/team/ns/shop/dc/dc1/svc/orders");
		assertThat(id).isEqualTo(new SpiffeId(TRUST_DOMAIN, "team", "shop", "dc1", "orders"));
		assertThat(id).hasToString("spiffe://" + TRUST_DOMAIN + "/ap/team/ns/shop/dc/dc1/svc/orders");
	}

	@ParameterizedTest
	@ValueSource(strings = { "orders", "ORDERS", "order_service", "a.b-c~d", "a b", "a+b", "100%", "a:b@c=d&e$",
			"übung", "a?b#c", "a\"b'c", "日本", "a;b,c!d*e(f)" })
	void everyNameSurvivesTheWayThroughAUri(String service) {
		SpiffeId id = new SpiffeId(TRUST_DOMAIN, "default", "default", "dc1", service);
		assertThat(SpiffeId.parse(id.toString())).isEqualTo(id);
		assertThat(id.toString()).matches("[!-~]+");
	}

	@Test
	void nothingIsEqualButTheSame() {
		SpiffeId id = new SpiffeId(TRUST_DOMAIN, "default", "default", "dc1", "orders");
		assertThat(id).isNotEqualTo(new SpiffeId(TRUST_DOMAIN, "default", "default", "dc1", "Orders"))
			.isNotEqualTo(new SpiffeId(TRUST_DOMAIN, "default", "default", "dc2", "orders"))
			.isNotEqualTo(new SpiffeId(TRUST_DOMAIN, "default", "other", "dc1", "orders"))
			.isNotEqualTo(new SpiffeId(TRUST_DOMAIN, "team", "default", "dc1", "orders"))
			.isNotEqualTo(id.in("99999999-2222-3333-4444-555555555555.consul"));
		assertThat(id.in("other.consul").trustDomain()).isEqualTo("other.consul");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "orders", "spiffe:", "spiffe://", "spiffe://td", "spiffe://td/",
			"https://td/ns/n/dc/d/svc/s", "SPIFFE://td/ns/n/dc/d/svc/s", " spiffe://td/ns/n/dc/d/svc/s",
			"spiffe://td/ns/n/dc/d/svc/s ", "spiffe:///ns/n/dc/d/svc/s", "spiffe://TD/ns/n/dc/d/svc/s",
			"spiffe://td:80/ns/n/dc/d/svc/s", "spiffe://user@td/ns/n/dc/d/svc/s", "spiffe://t%64/ns/n/dc/d/svc/s",
			"spiffe://td/agent/client/dc/d/id/node", "spiffe://td/agent/server/dc/d", "spiffe://td/gateway/mesh/dc/d",
			"spiffe://td/ap/a/ns/n/identity/s", "spiffe://td/ns/n/dc/d/svc/", "spiffe://td/ns//dc/d/svc/s",
			"spiffe://td//ns/n/dc/d/svc/s", "spiffe://td/ns/n/dc/d/svc/s/", "spiffe://td/ns/n/dc/d/svc/s/t",
			"spiffe://td/ns/n/svc/s/dc/d", "spiffe://td/NS/n/dc/d/svc/s", "spiffe://td/ap//ns/n/dc/d/svc/s",
			"spiffe://td/ns/n/ap/a/dc/d/svc/s" })
	void whatIsNoServiceIdIsRefused(String uri) {
		assertThatIllegalArgumentException().isThrownBy(() -> SpiffeId.parse(uri));
	}

	@ParameterizedTest
	@ValueSource(strings = { "s?q", "s?", "s#f", "s%2Ft", "s%2ft", "%2F", "%", "%2", "%zz", "s%", "%00", "s%0a", "%7F",
			"%C2%85", ".", "..", "%2e", "%2E%2e", ".%2e", "%ff", "%C3", "%ED%A0%80", "%C0%AF", "s\n", "s\r\n",
			"s\u0000", "s t", "ü", "s\u2028" })
	void aSegmentThatIsNoNameIsRefused(String segment) {
		assertThatIllegalArgumentException().isThrownBy(() -> SpiffeId.parse("spiffe://td/ns/n/dc/d/svc/" + segment));
		assertThatIllegalArgumentException()
			.isThrownBy(() -> SpiffeId.parse("spiffe://td/ns/" + segment + "/dc/d/svc/s"));
		assertThatIllegalArgumentException()
			.isThrownBy(() -> SpiffeId.parse("spiffe://td/ns/n/dc/" + segment + "/svc/s"));
		assertThatIllegalArgumentException()
			.isThrownBy(() -> SpiffeId.parse("spiffe://td/ap/" + segment + "/ns/n/dc/d/svc/s"));
	}

	@Test
	void aUriThatIsTooLongIsRefused() {
		String prefix = "spiffe://td/ns/n/dc/d/svc/";
		assertThat(SpiffeId.parse(prefix + "s".repeat(2048 - prefix.length())).service())
			.hasSize(2048 - prefix.length());
		assertThatIllegalArgumentException()
			.isThrownBy(() -> SpiffeId.parse(prefix + "s".repeat(2049 - prefix.length())));
		assertThatIllegalArgumentException()
			.isThrownBy(() -> SpiffeId.parse("spiffe://" + "t".repeat(256) + "/ns/n/dc/d/svc/s"));
	}

	@Test
	void theErrorPutsNoForeignLineIntoALog() {
		assertThatIllegalArgumentException().isThrownBy(() -> SpiffeId.parse("spiffe://td\nWARN all is well \u001b[2J"))
			.satisfies((ex) -> assertThat(ex.getMessage()).matches("[ -~]+"));
	}

}
