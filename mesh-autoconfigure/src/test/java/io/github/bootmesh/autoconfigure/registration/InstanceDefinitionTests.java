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

package io.github.bootmesh.autoconfigure.registration;

import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.diagnostics.FailureAnalyzedException;

import io.github.bootmesh.Destination;
import io.github.bootmesh.autoconfigure.ServiceName;
import io.github.bootmesh.autoconfigure.server.InboundProperties;
import io.github.bootmesh.autoconfigure.sidecar.PublicListenerLifecycle;
import io.github.bootmesh.consul.ServiceDefinition;
import io.github.bootmesh.consul.ServiceEntry;
import io.github.bootmesh.registration.InstanceId;
import io.github.bootmesh.registration.RegistrationSettings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class InstanceDefinitionTests {

	private final ListeningPort port = new ListeningPort(true);

	private PublicListenerLifecycle.@Nullable Ports ports;

	private List<ServiceDefinition.Upstream> upstreams = List.of();

	@Test
	void whenAWebServerSpeaksTheMeshsTlsThenItIsRegisteredAsNative() {
		this.port.set(8443);
		ServiceDefinition definition = definition(Map.of(), InboundProperties.Mode.NATIVE);
		String id = InstanceId.of("orders", 8443);
		assertThat(definition).isEqualTo(new ServiceDefinition(id, "orders", "127.0.0.1", 8443, List.of(), Map.of(),
				null, true, RegistrationSettings.DEFAULTS.check(id)));
	}

	@Test
	void whenAPublicListenerSpeaksItThenItIsRegisteredAsSidecarOfTheLocalPort() {
		this.ports = new PublicListenerLifecycle.Ports(8080, 20000);
		ServiceDefinition definition = definition(Map.of(), InboundProperties.Mode.SIDECAR);
		assertThat(definition.port()).isEqualTo(8080);
		assertThat(definition.meshPort()).isEqualTo(20000);
		assertThat(definition.sidecarPort()).isEqualTo(20000);
		assertThat(definition.connectNative()).isFalse();
		assertThat(definition(Map.of("port", "30000"), InboundProperties.Mode.SIDECAR))
			.isEqualTo(definition.withSidecar(30000, List.of()));
	}

	@ParameterizedTest
	@EnumSource(names = { "SIDECAR", "EXTERNAL" })
	void whenUpstreamsAreDeclaredThenTheyAreRegisteredWithWhoeverSpeaksForIt(InboundProperties.Mode mode) {
		this.ports = new PublicListenerLifecycle.Ports(8080, 20000);
		this.upstreams = List
			.of(new ServiceDefinition.Upstream(Destination.service("ledger"), "127.0.0.1", 15432, null));
		assertThat(definition(Map.of(), mode).upstreams()).isEqualTo(this.upstreams);
		this.port.set(8443);
		assertThat(definition(Map.of(), InboundProperties.Mode.NATIVE).upstreams()).isEmpty();
	}

	@Test
	void whenThereIsNoPublicListenerThenThereIsNothingToRegister() {
		this.port.set(8080);
		assertThat(instance(Map.of("port", "30000"), InboundProperties.Mode.SIDECAR, this.port).get()).isNull();
	}

	@Test
	void whenSettingsAreGivenThenTheyAreRegistered() {
		this.port.set(8443);
		ServiceDefinition definition = definition(
				Map.ofEntries(Map.entry("id", "one"), Map.entry("address", "orders.example"), Map.entry("port", "9443"),
						Map.entry("tags", "blue,green"), Map.entry("meta.version", "7"),
						Map.entry("weights.passing", "3"), Map.entry("check.ttl", "5s"),
						Map.entry("check.interval", "1s"), Map.entry("deregister-after", "1h")),
				InboundProperties.Mode.NATIVE);
		assertThat(definition).isEqualTo(new ServiceDefinition("one", "orders", "orders.example", 9443,
				List.of("blue", "green"), Map.of("version", "7"), new ServiceEntry.Weights(3, 1), true,
				new ServiceDefinition.TtlCheck("service:one", "Readiness of the application", Duration.ofSeconds(5),
						Duration.ofHours(1))));
	}

	@Test
	void whenNothingListensThenThereIsNothingToRegister() {
		assertThat(instance(Map.of(), InboundProperties.Mode.NATIVE, this.port).get()).isNull();
		this.port.set(-1);
		assertThat(instance(Map.of(), InboundProperties.Mode.NATIVE, this.port).get()).isNull();
		assertThat(instance(Map.of(), InboundProperties.Mode.NATIVE, new ListeningPort(false)).get()).isNull();
	}

	@Test
	void whenNothingIsAcceptedFromTheMeshThenThereIsNothingToRegister() {
		this.port.set(8080);
		assertThat(instance(Map.of(), InboundProperties.Mode.NONE, this.port).get()).isNull();
	}

	@Test
	void whenAPortIsGivenThenItIsRegisteredWithoutAWebServer() {
		ServiceDefinition definition = Objects.requireNonNull(
				instance(Map.of("port", "9443"), InboundProperties.Mode.NATIVE, new ListeningPort(false)).get());
		assertThat(definition.port()).isEqualTo(9443);
		assertThat(definition.connectNative()).isTrue();
		assertThat(definition(Map.of("port", "9443"), InboundProperties.Mode.NONE).connectNative()).isFalse();
	}

	@Test
	void whenRegistrationIsAskedForAndThereIsNoPortThenTheStartFails() {
		assertNoPort(instance(Map.of("enabled", "true"), InboundProperties.Mode.NATIVE, new ListeningPort(false)),
				"no web server");
		assertNoPort(instance(Map.of("enabled", "true"), InboundProperties.Mode.NONE, this.port), "inbound.mode=none");
	}

	@Test
	void whenASettingMakesNoSenseThenItIsRefused() {
		for (Map.Entry<String, String> wrong : List.of(Map.entry("port", "0"), Map.entry("port", "70000"),
				Map.entry("id", "a/b"), Map.entry("address", "0.0.0.0"), Map.entry("address", "::"),
				Map.entry("deregister-after", "10s"), Map.entry("drain-delay", "-1s"),
				Map.entry("weights.passing", "0"), Map.entry("weights.warning", "-1"), Map.entry("check.ttl", "10ms"),
				Map.entry("check.interval", "30s"))) {
			assertThatExceptionOfType(BindException.class)
				.isThrownBy(() -> bind(Map.of(wrong.getKey(), wrong.getValue())))
				.havingRootCause()
				.isInstanceOfSatisfying(InvalidConfigurationPropertyValueException.class,
						(ex) -> assertThat(ex.getName()).isEqualTo("bootmesh.registration." + wrong.getKey()));
		}
	}

	private static void assertNoPort(InstanceDefinition instance, String why) {
		assertThatExceptionOfType(FailureAnalyzedException.class).isThrownBy(instance::get).satisfies((ex) -> {
			assertThat(ex.analysis().getDescription()).contains("no port to register", why);
			assertThat(ex.analysis().getAction()).contains("bootmesh.registration.port");
		});
	}

	private ServiceDefinition definition(Map<String, String> properties, InboundProperties.Mode inbound) {
		return Objects.requireNonNull(instance(properties, inbound, this.port).get());
	}

	private InstanceDefinition instance(Map<String, String> properties, InboundProperties.Mode inbound,
			ListeningPort port) {
		return new InstanceDefinition(bind(properties), new ServiceName("orders"), inbound, port, () -> this.ports,
				() -> this.upstreams, List::of, InetAddress.getLoopbackAddress(), URI.create("http://localhost:8500"));
	}

	private static RegistrationProperties bind(Map<String, String> properties) {
		MapConfigurationPropertySource source = new MapConfigurationPropertySource();
		properties.forEach((name, value) -> source.put("bootmesh.registration." + name, value));
		return new Binder(source).bindOrCreate("bootmesh.registration", RegistrationProperties.class);
	}

}
