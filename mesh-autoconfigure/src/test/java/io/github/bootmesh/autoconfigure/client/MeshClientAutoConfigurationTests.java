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

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.http.client.autoconfigure.service.HttpServiceClientPropertiesAutoConfiguration;
import org.springframework.boot.http.client.reactive.ClientHttpConnectorBuilder;
import org.springframework.boot.http.client.reactive.ReactorClientHttpConnectorBuilder;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.webclient.autoconfigure.service.ReactiveHttpServiceClientAutoConfiguration;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.service.annotation.GetExchange;
import org.springframework.web.service.registry.HttpServiceGroup;
import org.springframework.web.service.registry.ImportHttpServices;

import io.github.bootmesh.discovery.Endpoints;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.mock;

class MeshClientAutoConfigurationTests {

	private final LoopbackMesh mesh = new LoopbackMesh();

	@AfterEach
	void close() throws Exception {
		this.mesh.close();
	}

	@Test
	void whenTheMeshIsThereThenClientsReachIt() {
		this.mesh.runner()
			.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(Endpoints.class)
				.hasSingleBean(MeshHttpClient.class)
				.getBean(ClientHttpConnectorBuilder.class)
				.isInstanceOf(MeshConnectorBuilder.class));
	}

	@Test
	void whenTheMeshIsSwitchedOffThenNothingIsLeftOfIt() {
		assertNothing(this.mesh.runner().withPropertyValues("bootmesh.enabled=false"));
	}

	@Test
	void whenClientsAreSwitchedOffThenNothingIsLeftOfThem() {
		assertNothing(this.mesh.runner().withPropertyValues("bootmesh.client.enabled=false"));
	}

	@Test
	void whenThereIsNoIdentityThenClientsAreAsBefore() {
		assertNothing(new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(MeshClientAutoConfiguration.class))
			.withBean(ReactorClientHttpConnectorBuilder.class, ClientHttpConnectorBuilder::reactor));
	}

	private static void assertNothing(ApplicationContextRunner runner) {
		runner.run((context) -> {
			assertThat(context).hasNotFailed()
				.doesNotHaveBean(Endpoints.class)
				.doesNotHaveBean(MeshHttpClient.class)
				.doesNotHaveBean(MeshClientProperties.class)
				.doesNotHaveBean(HttpClientBuilderPostProcessor.class);
			assertThat(context.getBean(ClientHttpConnectorBuilder.class))
				.isInstanceOf(ReactorClientHttpConnectorBuilder.class);
		});
	}

	@Test
	void whenBootsHttpClientsAreAbsentThenDiscoveryIsThereAlone() {
		this.mesh.runnerWithoutHttpClients()
			.withClassLoader(new FilteredClassLoader("org.springframework.boot.http.client"))
			.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(Endpoints.class)
				.doesNotHaveBean(MeshHttpClient.class));
	}

	@Test
	void whenTheApplicationHasItsOwnEndpointsThenTheyAreUsed() {
		Endpoints own = mock(Endpoints.class);
		this.mesh.runner()
			.withBean("own", Endpoints.class, () -> own)
			.run((context) -> assertThat(context).getBean(Endpoints.class).isSameAs(own));
	}

	@Test
	void whenTheApplicationHasItsOwnBuilderThenItReachesTheMeshToo() {
		this.mesh.runner()
			.withBean("own", ReactorClientHttpConnectorBuilder.class, ClientHttpConnectorBuilder::reactor)
			.run((context) -> assertThat(context).getBean(ClientHttpConnectorBuilder.class)
				.isInstanceOf(MeshConnectorBuilder.class));
	}

	@Test
	void whenAnHttpInterfaceHasAMeshBaseUrlThenItReachesTheMesh() {
		this.mesh.serve("inventory");
		this.mesh.runner()
			.withConfiguration(AutoConfigurations.of(HttpServiceClientPropertiesAutoConfiguration.class,
					ReactiveHttpServiceClientAutoConfiguration.class))
			.withUserConfiguration(Interfaces.class)
			.withPropertyValues("spring.http.serviceclient.stock.base-url=mesh://inventory")
			.run((context) -> assertThat(context.getBean(Stock.class).count())
				.startsWith("inventory /count inventory spiffe://"));
	}

	@Test
	void whenASettingIsWrongThenTheStartFailsAndNamesIt() {
		this.mesh.runner()
			.withPropertyValues("bootmesh.client.tries=0")
			.run((context) -> assertThat(context).hasFailed()
				.getFailure()
				.rootCause()
				.hasMessageContaining("bootmesh.client.tries"));
	}

	@Configuration(proxyBeanMethods = false)
	@ImportHttpServices(group = "stock", types = Stock.class, clientType = HttpServiceGroup.ClientType.WEB_CLIENT)
	static class Interfaces {

	}

	interface Stock {

		@GetExchange("/count")
		String count();

	}

}
