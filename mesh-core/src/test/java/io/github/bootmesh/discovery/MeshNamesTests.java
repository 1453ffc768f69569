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

package io.github.bootmesh.discovery;

import java.util.Optional;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.bootmesh.Destination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class MeshNamesTests {

	@ParameterizedTest
	@CsvSource({ "mesh, inventory, inventory", "MESH, Inventory:8080, inventory", "mesh, order_service, order_service",
			"mesh, inventory.dc2, inventory@dc2", "mesh, inventory., inventory",
			"mesh, inventory.service.consul, inventory", "http, inventory.service.consul, inventory",
			"https, inventory.service.consul:8443, inventory", "http, inventory.service.consul:, inventory",
			"http, Inventory.Service.CONSUL., inventory", "http, order_service.connect.dc2.consul, order_service@dc2",
			"http, nearest.query.consul, query:nearest", "http, nearest.query.dc2.consul, query:nearest@dc2",
			"ws, inventory.service.consul, inventory", "http, web.service.service.consul, web@service" })
	void whenTheNameIsOursThenItIsRead(String scheme, String authority, String destination) {
		assertThat(MeshNames.destination(scheme, authority)).map(Destination::toString).contains(destination);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "example.org", "example.org:8080", "user:secret@example.org", "consul",
			"service.consul", "node1.node.consul", "service.node.consul", "inventory.service.consul.example.org",
			"inventory.service.consul@example.org", "inventory.service.mesh", "[::1]:8080", "[fe80::1%25eth0]",
			"127.0.0.1", "caf%C3%A9.example", "x%zz.example", "inventory.service.consul.." })
	void whenTheNameIsNotOursThenItLeadsElsewhere(String authority) {
		assertThat(MeshNames.destination("http", authority)).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "primary.postgres.service.consul", "_web._tcp.service.consul", "web.virtual.consul",
			"a.b.c.service.consul", "web.service.team.ns.dc2.dc.consul", "web.ingress.consul" })
	void whenConsulHasTheNameButTheMeshHasNotThenItIsRefused(String authority) {
		assertThatIllegalArgumentException().isThrownBy(() -> MeshNames.destination("http", authority))
			.withMessageContaining(".service[.<datacenter>].consul");
	}

	@ParameterizedTest
	@ValueSource(strings = { "user@inventory.service.consul", "user:secret@inventory.service.consul:80",
			"example.org@inventory.service.consul", "inventory.service%2Econsul", "invent%6Fry.service.consul",
			"inventory.service\u3002consul", "inventory.service.c\uff4fnsul", "inventory.service.consul:80:90",
			"inventory.service.consul:http", ".service.consul", "-.service.consul", "a+b.service.consul",
			"inventory.service..consul" })
	void whenOurNameIsInDisguiseThenItIsRefused(String authority) {
		assertThatIllegalArgumentException().isThrownBy(() -> MeshNames.destination("http", authority));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "a.b.c", "127.0.0.1", "[::1]", "[::1", "user@inventory", "inventory:x", "in%76entory",
			"primary.postgres.service.consul", "..", " ", "a b" })
	void whenAMeshUrlIsNotUnderstoodThenItIsRefused(String authority) {
		assertThatIllegalArgumentException().isThrownBy(() -> MeshNames.destination("mesh", authority));
	}

	@Test
	void whenUserInfoIsRefusedThenItIsNotRepeated() {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> MeshNames.destination("http", "user:secret@inventory.service.consul"))
			.withMessageContaining("inventory.service.consul")
			.satisfies((ex) -> assertThat(ex.toString()).doesNotContain("secret"));
	}

	@Test
	void whenTextIsArbitraryThenItIsReadOrRefused() {
		String[] parts = { "inventory", ".service", ".consul", ".query", "mesh", ".", "@", ":", "80", "%", "%2E", "%zz",
				"[", "]", "_", "-", "/", "\u3002", "\u0000", "\ud800", "\u00e9", "xn--", "dc1" };
		Random random = new Random(42);
		int refused = 0;
		for (int i = 0; i < 50_000; i++) {
			StringBuilder authority = new StringBuilder();
			for (int part = random.nextInt(8); part >= 0; part--) {
				authority.append(parts[random.nextInt(parts.length)]);
			}
			for (String scheme : new String[] { "http", "mesh" }) {
				try {
					Optional<Destination> destination = MeshNames.destination(scheme, authority.toString());
					assertThat(destination.isPresent() || "http".equals(scheme)).isTrue();
				}
				catch (IllegalArgumentException ex) {
					refused++;
				}
			}
		}
		assertThat(refused).isPositive();
	}

}
