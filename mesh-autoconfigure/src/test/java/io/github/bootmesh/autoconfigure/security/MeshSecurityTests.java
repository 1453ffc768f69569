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

package io.github.bootmesh.autoconfigure.security;

import java.security.cert.X509Certificate;

import jakarta.servlet.Filter;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mockito.BDDMockito;
import org.mockito.Mockito;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.mock.web.MockHttpSession;
import org.springframework.security.access.prepost.PreAuthorize;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.method.configuration.EnableMethodSecurity;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configuration.EnableWebSecurity;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.core.context.SecurityContextImpl;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.context.HttpSessionSecurityContextRepository;
import org.springframework.test.web.servlet.MockMvc;
import org.springframework.test.web.servlet.request.MockHttpServletRequestBuilder;
import org.springframework.test.web.servlet.request.MockMvcRequestBuilders;
import org.springframework.test.web.servlet.setup.MockMvcBuilders;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.context.WebApplicationContext;
import org.springframework.web.servlet.config.annotation.EnableWebMvc;

import io.github.bootmesh.MeshPeer;
import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.identity.MeshIdentity;

import static org.assertj.core.api.Assertions.assertThat;

class MeshSecurityTests {

	private static final String SESSION_KEY = HttpSessionSecurityContextRepository.SPRING_SECURITY_CONTEXT_KEY;

	private static final SpiffeId SELF = SpiffeId.parse("spiffe://ours.consul/ns/default/dc/dc1/svc/web");

	private final WebApplicationContextRunner runner = new WebApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(MeshSecurityAutoConfiguration.class))
		.withBean(MeshIdentity.class, () -> identity(SELF))
		.withUserConfiguration(Application.class);

	@Test
	void thePeerIsAuthenticatedForChainAndMethods() {
		this.runner.run((context) -> {
			assertThat(answer(context, request("/me", peer("client"))))
				.isEqualTo(peer("client").id() + " [MESH_SERVICE_client, MESH_DC_dc1, MESH_NS_default]");
			assertThat(answer(context, request("/chain", peer("client")))).isEqualTo("403");
			assertThat(answer(context, request("/chain", peer("ops")))).isEqualTo("chain");
			assertThat(answer(context, request("/method", peer("client")))).isEqualTo("403");
			assertThat(answer(context, request("/method", peer("ops")))).isEqualTo("method");
			assertThat(answer(context, request("/me", null))).isEqualTo("401");
		});
	}

	@Test
	void otherCredentialsOfTheRequestWin() {
		this.runner.run((context) -> {
			assertThat(answer(context, request("/me", peer("ops")).header("Authorization", "Basic dXNlcjpwYXNz")))
				.startsWith("user [");
			assertThat(answer(context, request("/me", peer("ops")).header("Authorization", "Basic dXNlcjpub25l")))
				.isEqualTo("401");
		});
	}

	@Test
	void aSessionNeverMakesOnePeerAnother() {
		this.runner.run((context) -> {
			MockHttpSession session = new MockHttpSession();
			session.setAttribute(SESSION_KEY,
					new SecurityContextImpl(context.getBean(PeerAuthentications.class).of(peer("ops"))));
			assertThat(answer(context, request("/chain", peer("client")).session(session))).isEqualTo("403");
			assertThat(answer(context, request("/chain", null).session(session))).isEqualTo("401");
			MockHttpSession fresh = new MockHttpSession();
			assertThat(answer(context, request("/chain", peer("ops")).session(fresh))).isEqualTo("chain");
			assertThat(fresh.getAttribute(SESSION_KEY)).isNull();
		});
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					spiffe://ours.consul/ns/default/dc/dc2/svc/web | MESH_SERVICE_web MESH_DC_dc2 MESH_NS_default
					spiffe://ours.consul/ns/team/dc/dc1/svc/web | MESH_SERVICE_ours.consul/default/team/web MESH_DC_dc1 MESH_NS_team
					spiffe://ours.consul/ap/p/ns/default/dc/dc1/svc/web | MESH_SERVICE_ours.consul/p/default/web MESH_DC_dc1 MESH_NS_ours.consul/p/default
					spiffe://other.consul/ns/default/dc/dc1/svc/web | MESH_SERVICE_other.consul/default/default/web MESH_DC_other.consul/dc1 MESH_NS_other.consul/default/default
					spiffe://ours.consul/ns/default/dc/dc1/svc/a%2Cb | MESH_SERVICE_a,b MESH_DC_dc1 MESH_NS_default
					""")
	void onlyNamesOfOurOwnAreShort(String id, String authorities) {
		MeshPeer peer = new MeshPeer(SpiffeId.parse(id), Mockito.mock(X509Certificate.class));
		assertThat(new PeerAuthentications(identity(SELF)).of(peer).getAuthorities())
			.extracting(GrantedAuthority::getAuthority)
			.containsExactly(authorities.split(" "));
		assertThat(new PeerAuthentications(identity(null)).of(peer).getAuthorities())
			.extracting(GrantedAuthority::getAuthority)
			.allMatch((authority) -> authority.contains("/"));
	}

	@Test
	void whenThereIsNoMeshThenNobodyIsAuthenticatedByIt() {
		this.runner.withPropertyValues("bootmesh.enabled=false")
			.run((context) -> assertThat(answer(context, request("/me", peer("ops")))).isEqualTo("401"));
	}

	@Test
	void whenThereIsNoSpringSecurityThenThereIsNothing() {
		new WebApplicationContextRunner().withConfiguration(AutoConfigurations.of(MeshSecurityAutoConfiguration.class))
			.withBean(MeshIdentity.class, () -> identity(SELF))
			.withClassLoader(new FilteredClassLoader(Authentication.class))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean("meshPeerAuthentications"));
	}

	private static MeshIdentity identity(@Nullable SpiffeId id) {
		MeshIdentity identity = Mockito.mock(MeshIdentity.class);
		BDDMockito.given(identity.spiffeId()).willReturn(id);
		return identity;
	}

	private static MeshPeer peer(String service) {
		return new MeshPeer(SpiffeId.parse("spiffe://ours.consul/ns/default/dc/dc1/svc/" + service),
				Mockito.mock(X509Certificate.class));
	}

	private static MockHttpServletRequestBuilder request(String path, @Nullable MeshPeer peer) {
		MockHttpServletRequestBuilder request = MockMvcRequestBuilders.get(path);
		return (peer != null) ? request.requestAttr(MeshPeer.class.getName(), peer) : request;
	}

	private static String answer(WebApplicationContext context, MockHttpServletRequestBuilder request)
			throws Exception {
		MockMvc mvc = MockMvcBuilders.webAppContextSetup(context)
			.addFilters(context.getBean("springSecurityFilterChain", Filter.class))
			.build();
		MockHttpServletResponse response = mvc.perform(request).andReturn().getResponse();
		return (response.getStatus() == 200) ? response.getContentAsString() : String.valueOf(response.getStatus());
	}

	@Configuration(proxyBeanMethods = false)
	@EnableWebMvc
	@EnableWebSecurity
	@EnableMethodSecurity
	static class Application {

		@Bean
		SecurityFilterChain chain(HttpSecurity http) {
			return http
				.authorizeHttpRequests((requests) -> requests.requestMatchers("/chain")
					.hasAuthority("MESH_SERVICE_ops")
					.anyRequest()
					.authenticated())
				.with(MeshSecurity.mesh(), Customizer.withDefaults())
				.httpBasic(Customizer.withDefaults())
				.build();
		}

		@Bean
		InMemoryUserDetailsManager users() {
			return new InMemoryUserDetailsManager(
					User.withUsername("user").password("{noop}pass").authorities("USER").build());
		}

		@Bean
		Endpoints endpoints() {
			return new Endpoints();
		}

	}

	@RestController
	static class Endpoints {

		@GetMapping("/me")
		String me(Authentication authentication, @AuthenticationPrincipal Object principal) {
			return ((principal instanceof MeshPeer peer) ? peer.id().toString() : authentication.getName()) + " "
					+ authentication.getAuthorities();
		}

		@GetMapping("/chain")
		String chain() {
			return "chain";
		}

		@PreAuthorize("hasAuthority('MESH_SERVICE_ops')")
		@GetMapping("/method")
		String method() {
			return "method";
		}

	}

}
