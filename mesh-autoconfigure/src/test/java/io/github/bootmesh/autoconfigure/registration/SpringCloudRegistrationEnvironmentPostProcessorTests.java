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

import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

import org.apache.commons.logging.Log;
import org.junit.jupiter.api.Test;
import org.mockito.ArgumentMatchers;
import org.mockito.BDDMockito;
import org.mockito.Mockito;
import org.springframework.boot.diagnostics.FailureAnalyzedException;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class SpringCloudRegistrationEnvironmentPostProcessorTests {

	private static final String THEIRS = "spring.cloud.consul.discovery.register";

	private static final String OURS = "bootmesh.registration.enabled";

	private final Map<String, Object> properties = new HashMap<>();

	private final Log log = Mockito.mock(Log.class);

	private boolean present = true;

	@Test
	void whenBothCouldRegisterThenBootmeshDoesAndSaysSo() {
		StandardEnvironment environment = process();
		assertThat(environment.getProperty(THEIRS)).isEqualTo("false");
		assertThat(environment.getProperty(OURS)).isNull();
		BDDMockito.then(this.log).should().info(ArgumentMatchers.contains("Bootmesh registers this instance"));
	}

	@Test
	void whenTheUserWantsSpringCloudToRegisterThenItDoesAndBootmeshDoesNot() {
		this.properties.put(THEIRS, "true");
		StandardEnvironment environment = process();
		assertThat(environment.getProperty(THEIRS)).isEqualTo("true");
		assertThat(environment.getProperty(OURS)).isEqualTo("false");
		BDDMockito.then(this.log).should().warn(ArgumentMatchers.contains("Spring Cloud Consul registers"));
	}

	@Test
	void whenTheUserWantsBothThenTheStartFails() {
		this.properties.put(THEIRS, "true");
		this.properties.put(OURS, "true");
		assertThatExceptionOfType(FailureAnalyzedException.class).isThrownBy(this::process)
			.satisfies((ex) -> assertThat(ex.analysis().getDescription()).contains(THEIRS, OURS));
	}

	@Test
	void whenTheUserHasSwitchedTheOtherOffThenNothingIsSaid() {
		this.properties.put(THEIRS, "false");
		assertUntouched();
	}

	@Test
	void whenTheOtherIsNotThereThenNothingHappens() {
		this.present = false;
		assertUntouched();
	}

	@Test
	void whenTheOtherIsOffThenNothingHappens() {
		this.properties.put("spring.cloud.service-registry.auto-registration.enabled", "false");
		assertUntouched();
	}

	@Test
	void whenBootmeshIsOffOrAcceptsNothingThenTheOtherIsLeftAlone() {
		this.properties.put("bootmesh.enabled", "false");
		assertUntouched();
		this.properties.clear();
		this.properties.put(OURS, "false");
		assertUntouched();
		this.properties.clear();
		this.properties.put("bootmesh.inbound.mode", "none");
		assertUntouched();
		this.properties.clear();
		this.properties.put("bootmesh.server.enabled", "false");
		assertUntouched();
	}

	@Test
	void whenOnlyAPortIsRegisteredThenItIsStillRegisteredOnce() {
		this.properties.put("bootmesh.inbound.mode", "none");
		this.properties.put("bootmesh.registration.port", "9000");
		assertThat(process().getProperty(THEIRS)).isEqualTo("false");
	}

	private void assertUntouched() {
		StandardEnvironment environment = process();
		assertThat(environment.getPropertySources().contains("bootmeshRegistration")).isFalse();
		BDDMockito.then(this.log).shouldHaveNoInteractions();
	}

	private StandardEnvironment process() {
		StandardEnvironment environment = new StandardEnvironment();
		environment.getPropertySources().addFirst(new MapPropertySource("test", Map.copyOf(this.properties)));
		new SpringCloudRegistrationEnvironmentPostProcessor((Supplier<Log> supplier) -> this.log).decide(environment,
				this.present);
		return environment;
	}

}
