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

package io.github.bootmesh.dev.test;

import java.net.URI;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.test.context.ActiveProfiles;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.NestedTestConfiguration;
import org.springframework.test.context.TestPropertySource;
import org.springframework.test.context.junit.jupiter.SpringJUnitConfig;

import io.github.bootmesh.autoconfigure.consul.ConsulConnectionDetails;
import io.github.bootmesh.autoconfigure.consul.MeshConsulAutoConfiguration;
import io.github.bootmesh.dev.DefaultPolicy;
import io.github.bootmesh.dev.DevConsul;
import io.github.bootmesh.dev.autoconfigure.DevConsulAutoConfiguration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of applications beside this library get a development Consul by themselves.
 */
@NestedTestConfiguration(NestedTestConfiguration.EnclosingConfiguration.OVERRIDE)
class DevConsulInSpringBootTestTests {

	private static final URI ELSEWHERE = URI.create("http://localhost:1");

	@Nested
	@SpringBootTest(classes = Application.class, webEnvironment = SpringBootTest.WebEnvironment.NONE)
	@ExtendWith(DevConsulExtension.class)
	class WithoutConfiguration {

		@Autowired
		private ConsulConnectionDetails details;

		@Autowired
		private DevConsul bean;

		@Test
		void hasItsOwnDevelopmentConsul(DevConsul parameter) {
			assertThat(this.details.isDevelopment()).isTrue();
			assertThat(this.details.getUrl()).isEqualTo(this.bean.url());
			assertThat(this.details.getUrl().getPort()).isNotEqualTo(18500);
			assertThat(parameter).isSameAs(this.bean);
		}

	}

	@Nested
	@SpringBootTest(classes = Application.class, webEnvironment = SpringBootTest.WebEnvironment.NONE,
			properties = "bootmesh.dev.default-intention-policy=deny")
	class WithADefaultPolicy {

		@Test
		void hasThat(@Autowired DevConsul consul) {
			assertThat(consul.intentions().defaultPolicy()).isEqualTo(DefaultPolicy.DENY);
		}

	}

	// In a container of a CI system and under a profile that a test looks at.
	@Nested
	@SpringBootTest(classes = Application.class, webEnvironment = SpringBootTest.WebEnvironment.NONE,
			properties = { "spring.main.cloud-platform=kubernetes", "bootmesh.dev.enabled=true" })
	@ActiveProfiles("prod")
	class WhereTheSharedOneWouldBeRefused {

		@Test
		void hasItsOwnDevelopmentConsul(@Autowired ConsulConnectionDetails details, @Autowired DevConsul consul) {
			assertThat(details.getUrl()).isEqualTo(consul.url());
		}

	}

	@Nested
	@SpringBootTest(classes = Application.class, webEnvironment = SpringBootTest.WebEnvironment.NONE)
	@TestPropertySource(properties = "bootmesh.enabled=false")
	class WithTheMeshOff {

		@Test
		void hasNone(@Autowired ApplicationContext context) {
			assertThat(context.getBeanProvider(DevConsul.class).stream()).isEmpty();
			assertThat(context.getBeanProvider(ConsulConnectionDetails.class).stream()).isEmpty();
		}

	}

	// As where the URL of production is in src/main/resources/application.yml.
	@Nested
	@SpringBootTest(classes = MeshApplication.class, webEnvironment = SpringBootTest.WebEnvironment.NONE,
			properties = "bootmesh.dev.enabled=true")
	@ActiveProfiles("elsewhere")
	class WithAConsulInTheFilesOfTheApplication {

		@Test
		void hasItsOwnDevelopmentConsul(@Autowired ConsulConnectionDetails details, @Autowired DevConsul consul,
				@Autowired Environment environment) {
			assertThat(environment.getProperty("bootmesh.consul.url")).isEqualTo(ELSEWHERE.toString());
			assertThat(details.isDevelopment()).isTrue();
			assertThat(details.getUrl()).isEqualTo(consul.url());
		}

	}

	@Nested
	@SpringBootTest(classes = MeshApplication.class, webEnvironment = SpringBootTest.WebEnvironment.NONE,
			properties = "bootmesh.consul.url=http://localhost:1")
	class WithAConsulThatIsNamed {

		@Test
		void hasNone(@Autowired ConsulConnectionDetails details, @Autowired ObjectProvider<DevConsul> consul) {
			assertThat(consul.stream()).isEmpty();
			assertThat(details.getUrl()).isEqualTo(ELSEWHERE);
		}

	}

	@Nested
	@SpringBootTest(classes = MeshApplication.class, webEnvironment = SpringBootTest.WebEnvironment.NONE,
			args = "--bootmesh.consul.url=http://localhost:1")
	class WithAConsulInTheArguments {

		@Test
		void hasNone(@Autowired ConsulConnectionDetails details, @Autowired ObjectProvider<DevConsul> consul) {
			assertThat(consul.stream()).isEmpty();
			assertThat(details.getUrl()).isEqualTo(ELSEWHERE);
		}

	}

	@Nested
	@SpringBootTest(classes = MeshApplication.class, webEnvironment = SpringBootTest.WebEnvironment.NONE)
	@TestPropertySource("classpath:application-elsewhere.properties")
	class WithAConsulInAFileOfTheTest {

		@Test
		void hasNone(@Autowired ConsulConnectionDetails details, @Autowired ObjectProvider<DevConsul> consul) {
			assertThat(consul.stream()).isEmpty();
			assertThat(details.getUrl()).isEqualTo(ELSEWHERE);
		}

	}

	@Nested
	@SpringBootTest(classes = MeshApplication.class, webEnvironment = SpringBootTest.WebEnvironment.NONE)
	class WithAConsulThatIsNamedLate {

		@DynamicPropertySource
		static void name(DynamicPropertyRegistry registry) {
			registry.add("bootmesh.consul.url", ELSEWHERE::toString);
		}

		@Test
		void hasNone(@Autowired ConsulConnectionDetails details, @Autowired ObjectProvider<DevConsul> consul) {
			assertThat(consul.stream()).isEmpty();
			assertThat(details.getUrl()).isEqualTo(ELSEWHERE);
		}

	}

	@Nested
	@SpringBootTest(classes = { OwnConsul.class, Application.class },
			webEnvironment = SpringBootTest.WebEnvironment.NONE)
	@ExtendWith(DevConsulExtension.class)
	class WithADevConsulOfItsOwn {

		@Test
		void hasThatOne(DevConsul parameter, @Autowired ConsulConnectionDetails details,
				@Autowired ApplicationContext context) {
			assertThat(parameter).isSameAs(context.getBean("ownConsul"));
			assertThat(details.getUrl()).isEqualTo(parameter.url());
		}

	}

	// Stands for every slice, which is no @SpringBootTest either.
	@Nested
	@SpringJUnitConfig(Application.class)
	class InAnotherSpringTest {

		@Test
		void hasNone(@Autowired ObjectProvider<DevConsul> consul) {
			assertThat(consul.stream()).isEmpty();
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration(DevConsulAutoConfiguration.class)
	static class Application {

	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ DevConsulAutoConfiguration.class, MeshConsulAutoConfiguration.class })
	static class MeshApplication {

	}

	@Configuration(proxyBeanMethods = false)
	static class OwnConsul {

		@Bean
		DevConsul ownConsul() {
			return DevConsul.start();
		}

	}

}
