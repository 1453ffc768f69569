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

import java.util.Arrays;
import java.util.List;
import java.util.Map;

import org.assertj.core.groups.Tuple;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.bootmesh.Destination;
import io.github.bootmesh.consul.ServiceEntry;

import static org.assertj.core.api.Assertions.assertThat;

class InstancesTests {

	private static final Destination INVENTORY = Destination.service("inventory");

	@Test
	void whenNativeAndProxiedInstancesAreMixedThenEachShowsTheIdentityOfTheService() {
		Instances instances = read(entry("i1", "inventory").isNative(),
				entry("i2", "inventory-proxy").proxies("inventory"));
		assertThat(instances.healthy()).extracting(Endpoint::instance, Endpoint::service)
			.containsExactly(Tuple.tuple("i1", "inventory"), Tuple.tuple("i2", "inventory"));
		assertThat(instances.leftOut()).isNull();
		assertThat(instances.healthy().get(1).identity("td.consul"))
			.hasToString("spiffe://td.consul/ns/default/dc/dc1/svc/inventory");
		assertThat(instances.healthy().get(1).sni("td.consul")).isEqualTo("inventory.default.dc1.internal.td.consul");
	}

	@Test
	void whenAnEntryStandsForAnotherServiceThenItIsLeftOut() {
		Instances instances = read(entry("i1", "billing").isNative(), entry("i2", "inventory").proxies("billing"),
				entry("gw", "gateway").kind("terminating-gateway"));
		assertThat(instances.healthy()).isEmpty();
		assertThat(instances.leftOut()).contains("'i1' stands for another service, 'billing'", "'i2'", "'gw'");
	}

	@Test
	void whenAnotherSpellingAnswersBesideTheExactOneThenItIsLeftOut() {
		assertThat(read(entry("i1", "inventory").isNative(), entry("i2", "INVENTORY").isNative()).healthy())
			.extracting(Endpoint::instance)
			.containsExactly("i1");
		assertThat(read(entry("i2", "Inventory").isNative()).healthy()).extracting(Endpoint::service)
			.containsExactly("Inventory");
	}

	@Test
	void whenAnEntryIsInAnotherDatacenterThanAskedThenItIsLeftOut() {
		Destination there = INVENTORY.inDatacenter("dc2");
		Instances instances = Instances.read(there, "inventory", List.of(entry("i1", "inventory").isNative().build(),
				entry("i2", "inventory").isNative().in("dc2").build()));
		assertThat(instances.healthy()).extracting(Endpoint::instance).containsExactly("i2");
		assertThat(instances.leftOut()).contains("'i1'", "dc1");
	}

	@Test
	void whenAPreparedQueryFailsOverThenTheInstancesElsewhereAreTaken() {
		Instances instances = Instances.read(Destination.preparedQuery("nearest").inDatacenter("dc1"), "inventory",
				List.of(entry("i1", "inventory").isNative().in("dc2").build()));
		assertThat(instances.healthy()).extracting(Endpoint::datacenter).containsExactly("dc2");
	}

	@Test
	void whenTheServiceHasNoAddressThenItsNodeIsDialled() {
		assertThat(read(entry("i1", "inventory").isNative().at("")).healthy())
			.extracting((endpoint) -> endpoint.address().toString())
			.containsExactly("/10.0.0.9:8443");
	}

	@Test
	void whenTheAddressIsANameThenItIsLeftToTheDialler() {
		Endpoint endpoint = read(entry("i1", "inventory").isNative().at("node_1.example")).healthy().get(0);
		assertThat(endpoint.address().isUnresolved()).isTrue();
		assertThat(endpoint.address().getHostString()).isEqualTo("node_1.example");
	}

	@ParameterizedTest
	@ValueSource(strings = { "240.0.0.1", "::ffff:240.0.0.1", "255.255.255.255", "0.0.0.0", "::", "224.0.0.1", "a b",
			"http://10.0.0.1" })
	void whenTheAddressIsNobodysThenItIsNeverDialled(String address) {
		Instances instances = read(entry("i1", "inventory").isNative().at(address));
		assertThat(instances.healthy()).isEmpty();
		assertThat(instances.leftOut()).contains("'i1' has no address");
	}

	@Test
	void whenThePortIsMissingThenTheEntryIsLeftOut() {
		assertThat(read(entry("i1", "inventory").isNative().port(0)).healthy()).isEmpty();
	}

	@ParameterizedTest
	@CsvSource({ "passing, 10", "warning, 3", "passing|warning, 3", "'', 10", "PASSING, 10" })
	void whenChecksDoNotFailThenTheWeightIsThatOfTheWorst(String checks, int weight) {
		assertThat(read(entry("i1", "inventory").isNative().weights(10, 3).checks(checks)).healthy())
			.extracting(Endpoint::weight)
			.containsExactly(weight);
	}

	@ParameterizedTest
	@ValueSource(strings = { "critical", "passing|critical", "warning|critical", "passing|unheard-of" })
	void whenAnyCheckFailsThenTheInstanceTakesNoTraffic(String checks) {
		Instances instances = read(entry("i1", "inventory").isNative().checks(checks));
		assertThat(instances.healthy()).isEmpty();
		assertThat(instances.critical()).isEqualTo(1);
	}

	@Test
	void whenWeightsAreBeyondBoundsThenTheyAreClamped() {
		assertThat(read(entry("i1", "inventory").isNative().weights(0, 0),
				entry("i2", "inventory").isNative().weights(65535, 1))
			.healthy()).extracting(Endpoint::weight).containsExactly(1, 128);
	}

	private static Instances read(EntrySpec... entries) {
		return Instances.read(INVENTORY, "inventory", Arrays.stream(entries).map(EntrySpec::build).toList());
	}

	private static EntrySpec entry(String id, String service) {
		return new EntrySpec(id, service);
	}

	private static final class EntrySpec {

		private final String id;

		private final String service;

		private String kind = "";

		private boolean connectNative;

		private @Nullable String proxyDestination;

		private String address = "10.0.0.1";

		private int port = 8443;

		private String datacenter = "dc1";

		private ServiceEntry.Weights weights = new ServiceEntry.Weights(1, 1);

		private List<ServiceEntry.Check> checks = List.of();

		EntrySpec(String id, String service) {
			this.id = id;
			this.service = service;
		}

		EntrySpec isNative() {
			this.connectNative = true;
			return this;
		}

		EntrySpec proxies(String destination) {
			this.kind = "connect-proxy";
			this.proxyDestination = destination;
			return this;
		}

		EntrySpec kind(String kind) {
			this.kind = kind;
			return this;
		}

		EntrySpec at(String address) {
			this.address = address;
			return this;
		}

		EntrySpec port(int port) {
			this.port = port;
			return this;
		}

		EntrySpec in(String datacenter) {
			this.datacenter = datacenter;
			return this;
		}

		EntrySpec weights(int passing, int warning) {
			this.weights = new ServiceEntry.Weights(passing, warning);
			return this;
		}

		EntrySpec checks(String statuses) {
			this.checks = Arrays.stream(statuses.split("\\|"))
				.filter((status) -> !status.isEmpty())
				.map((status) -> new ServiceEntry.Check("check", status))
				.toList();
			return this;
		}

		ServiceEntry build() {
			return new ServiceEntry(new ServiceEntry.Node("node1", "10.0.0.9", this.datacenter),
					new ServiceEntry.Service(this.kind, this.id, this.service, this.address, this.port, this.weights,
							this.connectNative, this.proxyDestination, null, null, Map.of()),
					this.checks);
		}

	}

}
