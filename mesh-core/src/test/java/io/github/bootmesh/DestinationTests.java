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

class DestinationTests {

	@Test
	void itSaysWhatIsDialled() {
		assertThat(Destination.service("orders")).hasToString("orders");
		assertThat(Destination.service("orders").inDatacenter("dc2")).hasToString("orders@dc2");
		assertThat(Destination.preparedQuery("near-orders")).hasToString("query:near-orders");
		assertThat(new Destination(Destination.Kind.SERVICE, "orders", "dc2", "shop", "team"))
			.hasToString("team/shop/orders@dc2");
	}

	@Test
	void itIsAKey() {
		assertThat(Destination.service("orders")).isEqualTo(Destination.service("orders"))
			.hasSameHashCodeAs(Destination.service("orders"))
			.isNotEqualTo(Destination.service("Orders"))
			.isNotEqualTo(Destination.preparedQuery("orders"))
			.isNotEqualTo(Destination.service("orders").inDatacenter("dc1"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "a", "orders", "ORDERS", "order_service", "order-service", "order.service", "_orders", "9",
			"0f425b54-6dc8-4488-c816-8133e036526a" })
	void namesOfConsulAreTaken(String name) {
		assertThat(Destination.isName(name)).isTrue();
		assertThat(Destination.service(name).name()).isEqualTo(name);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", "-orders", "orders-", ".", "..", ".orders", "orders.", "a/b", "a\\b", "a?b",
			"a#b", "a%2Fb", "a b", "a\tb", "orders\n", "orders\r\nHost: evil", "a\u0000b", "a:b", "a@b", "a;b", "a&b=c",
			"ü", "\u202eorders", "[::1]", "{name}", "${name}", "*", "../v1/agent/self" })
	void whatCouldChangeARequestIsRefused(String name) {
		assertThat(Destination.isName(name)).isFalse();
		assertThatIllegalArgumentException().isThrownBy(() -> Destination.service(name));
		assertThatIllegalArgumentException().isThrownBy(() -> Destination.preparedQuery(name));
		assertThatIllegalArgumentException().isThrownBy(() -> Destination.service("orders").inDatacenter(name));
		assertThatIllegalArgumentException()
			.isThrownBy(() -> new Destination(Destination.Kind.SERVICE, "orders", null, name, null));
		assertThatIllegalArgumentException()
			.isThrownBy(() -> new Destination(Destination.Kind.SERVICE, "orders", null, null, name));
	}

	@Test
	void aNameHasALimit() {
		assertThat(Destination.isName("a".repeat(128))).isTrue();
		assertThat(Destination.isName("a".repeat(129))).isFalse();
	}

	@Test
	void theErrorPutsNoForeignLineIntoALog() {
		assertThatIllegalArgumentException().isThrownBy(() -> Destination.service("orders\nWARN all is well"))
			.satisfies((ex) -> assertThat(ex.getMessage()).doesNotContain("\n").hasSizeLessThan(300));
		assertThatIllegalArgumentException().isThrownBy(() -> Destination.service("o/".repeat(10_000)))
			.satisfies((ex) -> assertThat(ex.getMessage()).hasSizeLessThan(300));
	}

}
