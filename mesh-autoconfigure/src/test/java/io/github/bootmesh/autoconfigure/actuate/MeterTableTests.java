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

package io.github.bootmesh.autoconfigure.actuate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.availability.ApplicationAvailabilityAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.context.ApplicationContext;

import io.github.bootmesh.autoconfigure.consul.MeshConsulAutoConfiguration;
import io.github.bootmesh.autoconfigure.identity.MeshIdentityAutoConfiguration;
import io.github.bootmesh.autoconfigure.intention.MeshIntentionAutoConfiguration;
import io.github.bootmesh.autoconfigure.listener.MeshListenerAutoConfiguration;
import io.github.bootmesh.autoconfigure.registration.MeshRegistrationAutoConfiguration;
import io.github.bootmesh.autoconfigure.relay.MeshRelayAutoConfiguration;
import io.github.bootmesh.autoconfigure.server.MeshServerAutoConfiguration;
import io.github.bootmesh.autoconfigure.sidecar.MeshSidecarAutoConfiguration;
import io.github.bootmesh.autoconfigure.upstream.MeshUpstreamAutoConfiguration;

import static org.assertj.core.api.Assertions.assertThat;

class MeterTableTests {

	private static final AutoConfigurations MESH = AutoConfigurations.of(MeshConsulAutoConfiguration.class,
			MeshIntentionAutoConfiguration.class, MeshIdentityAutoConfiguration.class,
			ApplicationAvailabilityAutoConfiguration.class, MeshServerAutoConfiguration.class,
			MeshRelayAutoConfiguration.class, MeshSidecarAutoConfiguration.class, MeshListenerAutoConfiguration.class,
			MeshUpstreamAutoConfiguration.class, MeshRegistrationAutoConfiguration.class,
			MeshActuatorAutoConfiguration.class);

	// Nobody answers there.
	private static final String[] PROPERTIES = { "spring.application.name=orders",
			"bootmesh.consul.url=http://127.0.0.1:1", "bootmesh.fail-fast=false", "bootmesh.startup-timeout=300ms",
			"bootmesh.registration.drain-delay=0s" };

	// Their values are names that somebody gave.
	private static final Set<String> OPEN = Set.of(MeshMeters.SERVICE, MeshMeters.UPSTREAM, MeshMeters.SOURCE);

	private final MeterRegistry meters = new SimpleMeterRegistry();

	@Test
	void whenEverythingIsOnThenThePageNamesEveryMeterAndNoOther() throws IOException {
		new ApplicationContextRunner().withConfiguration(MESH)
			.withPropertyValues(PROPERTIES)
			.withPropertyValues("bootmesh.inbound.mode=sidecar", "bootmesh.inbound.address=127.0.0.1",
					"bootmesh.inbound.local-port=1", "bootmesh.upstreams.db.destination-name=ledger",
					"bootmesh.upstreams.db.local-bind-port=0", "bootmesh.inbound.listeners.search.local-port=1",
					"bootmesh.inbound.listeners.search.address=127.0.0.1")
			.run((context) -> {
				bind(context);
				assertThat(this.meters.get(MeshMeters.LISTENER_BYTES).functionCounters())
					.extracting((counter) -> counter.getId().getTag(MeshMeters.SERVICE))
					.containsOnly("orders", "search");
			});
		new ReactiveWebApplicationContextRunner().withConfiguration(MESH)
			.withPropertyValues(PROPERTIES)
			.withPropertyValues("bootmesh.registration.enabled=false")
			.run(this::bind);
		Map<String, List<Meter.Id>> byName = this.meters.getMeters()
			.stream()
			.map(Meter::getId)
			.collect(Collectors.groupingBy(Meter.Id::getName, TreeMap::new, Collectors.toList()));
		List<String> rows = byName.values().stream().map(MeterTableTests::row).toList();
		Files.write(Path.of("target", "meters.md"), rows);
		assertThat(Files.readAllLines(Path.of("..", "src", "docs", "meters.md")))
			.filteredOn((line) -> line.startsWith("| `"))
			.as("see target/meters.md")
			.isEqualTo(rows);
	}

	private void bind(ApplicationContext context) {
		assertThat(context.getBeansOfType(MeterBinder.class)).isNotEmpty();
		context.getBeansOfType(MeterBinder.class).values().forEach((binder) -> binder.bindTo(this.meters));
	}

	private static String row(List<Meter.Id> meters) {
		Meter.Id meter = meters.get(0);
		assertThat(meters).as("one description, unit and set of labels for '%s'", meter.getName())
			.allMatch((other) -> other.getDescription() != null && other.getDescription().equals(meter.getDescription())
					&& other.getType() == meter.getType()
					&& labels(List.of(other)).keySet().equals(labels(List.of(meter)).keySet()));
		String labels = labels(meters).entrySet()
			.stream()
			.map((label) -> "`" + label.getKey() + "`"
					+ (OPEN.contains(label.getKey()) ? ""
							: label.getValue()
								.stream()
								.map((value) -> "`" + value + "`")
								.collect(Collectors.joining(", ", ": ", ""))))
			.collect(Collectors.joining("; "));
		return "| `%s` | `%s` | %s | %s | %s. |".formatted(meter.getName(), prometheus(meter),
				meter.getType().name().toLowerCase(Locale.ROOT), labels.isEmpty() ? "none" : labels,
				meter.getDescription());
	}

	private static Map<String, Set<String>> labels(List<Meter.Id> meters) {
		Map<String, Set<String>> labels = new TreeMap<>();
		meters.forEach((meter) -> meter.getTags()
			.forEach((tag) -> labels.computeIfAbsent(tag.getKey(), (key) -> new TreeSet<>()).add(tag.getValue())));
		return labels;
	}

	// The rules of Micrometer's PrometheusNamingConvention: the unit, then "total".
	private static String prometheus(Meter.Id meter) {
		String name = meter.getName();
		String unit = meter.getBaseUnit();
		if (unit != null && !name.endsWith(unit)) {
			name += "." + unit;
		}
		return (name + ((meter.getType() == Meter.Type.COUNTER) ? ".total" : "")).replace('.', '_');
	}

}
