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

package io.github.bootmesh.autoconfigure.client;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Set;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

import io.github.bootmesh.Destination;
import io.github.bootmesh.DestinationNotAllowedException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class MeshRoutesTests {

	private final MeshRoutes routes = routes(List.of(), Set.of());

	@ParameterizedTest
	@ValueSource(strings = { "mesh://order_service/x", "mesh://order_service",
			"http://order_service.service.consul/x?y", "https://ORDER_SERVICE.connect.consul:8443/x" })
	void whenTheHostHasAnUnderscoreThenTheMeshIsReachedAllTheSame(String url) {
		assertThat(this.routes.destination(URI.create(url))).contains(Destination.service("order_service"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "http://example.org/", "/relative", "http:///x", "mailto:a@inventory.service.consul",
			"http://example.org/http://inventory.service.consul/" })
	void whenTheUrlIsNotOursThenItIsLeftAlone(String url) {
		assertThat(this.routes.destination(URI.create(url))).isEmpty();
		assertThat(this.routes.leadsIntoMesh(URI.create(url))).isFalse();
	}

	@Test
	void whenAHostIsExcludedThenItIsLeftAlone() {
		MeshRoutes excluding = routes(List.of("legacy.service.consul", "*.DC2.consul"), Set.of());
		assertThat(excluding.destination(URI.create("http://Legacy.service.consul.:80/"))).isEmpty();
		assertThat(excluding.destination(URI.create("https://user@x.service.dc2.consul/"))).isEmpty();
		assertThat(excluding.destination(URI.create("http://inventory.service.consul/"))).isPresent();
		assertThat(excluding.destination(URI.create("mesh://legacy/"))).isPresent();
		assertThat(excluding.destination(URI.create("mesh://x.service.dc2.consul/"))).isPresent();
	}

	@Test
	void whenDestinationsAreNamedThenOthersAreNotAllowed() {
		MeshRoutes few = routes(List.of(), Set.of("inventory", "query:nearest"));
		assertThat(few.destination(URI.create("mesh://inventory.dc2/"))).isPresent();
		assertThat(few.destination(URI.create("http://nearest.query.consul/"))).isPresent();
		assertThat(few.destination(URI.create("http://example.org/"))).isEmpty();
		for (String url : List.of("mesh://billing/", "mesh://nearest/", "http://inventory.query.consul/")) {
			assertThatExceptionOfType(DestinationNotAllowedException.class)
				.isThrownBy(() -> few.destination(URI.create(url)))
				.withMessageContaining("bootmesh.client.allowed-destinations");
			assertThat(few.leadsIntoMesh(URI.create(url))).isTrue();
		}
	}

	@Test
	void whenDestinationsAreNamedThenTheirCaseDoesNotMatter() {
		MeshRoutes few = routes(List.of(), Set.of("Inventory", "query:Nearest"));
		assertThat(few.destination(URI.create("mesh://Inventory/"))).contains(Destination.service("inventory"));
		assertThat(few.destination(URI.create("http://NEAREST.query.consul/"))).isPresent();
	}

	@Test
	void whenAMeshUrlIsNotUnderstoodThenItLeadsIntoTheMeshButNowhere() {
		URI disguised = URI.create("http://user@inventory.service.consul/");
		assertThatIllegalArgumentException().isThrownBy(() -> this.routes.destination(disguised));
		assertThat(this.routes.leadsIntoMesh(disguised)).isTrue();
	}

	@Test
	void whenASettingIsWrongThenItIsNamed() {
		assertThatExceptionOfType(InvalidConfigurationPropertyValueException.class)
			.isThrownBy(() -> routes(List.of(), Set.of("a/b")))
			.satisfies((ex) -> assertThat(ex.getName()).isEqualTo("bootmesh.client.allowed-destinations"));
		assertThatExceptionOfType(InvalidConfigurationPropertyValueException.class)
			.isThrownBy(() -> new MeshClientProperties(true, List.of(), Set.of(), Duration.ZERO, 3, false))
			.satisfies((ex) -> assertThat(ex.getName()).isEqualTo("bootmesh.client.connect-timeout"));
		assertThatExceptionOfType(InvalidConfigurationPropertyValueException.class)
			.isThrownBy(() -> new MeshClientProperties(true, List.of(), Set.of(), Duration.ofSeconds(1), 0, false))
			.satisfies((ex) -> assertThat(ex.getName()).isEqualTo("bootmesh.client.tries"));
	}

	private static MeshRoutes routes(List<String> exclude, Set<String> allowed) {
		return new MeshRoutes(new MeshClientProperties(true, exclude, allowed, Duration.ofSeconds(1), 3, false));
	}

}
