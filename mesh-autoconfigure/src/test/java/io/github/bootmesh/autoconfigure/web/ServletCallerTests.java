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

package io.github.bootmesh.autoconfigure.web;

import java.net.URI;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mockito.Mockito;
import org.springframework.http.HttpMethod;
import org.springframework.mock.web.MockFilterChain;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.mock.web.MockServletContext;
import org.springframework.test.web.servlet.MockMvc;
import org.springframework.test.web.servlet.request.MockHttpServletRequestBuilder;
import org.springframework.test.web.servlet.request.MockMvcRequestBuilders;
import org.springframework.test.web.servlet.setup.MockMvcBuilders;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.filter.ForwardedHeaderFilter;
import org.springframework.web.filter.HiddenHttpMethodFilter;
import org.springframework.web.filter.UrlHandlerFilter;
import reactor.core.publisher.Mono;

import io.github.bootmesh.MeshAuthorizer;
import io.github.bootmesh.MeshPeer;
import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.autoconfigure.server.ForwardedClientCertificate;
import io.github.bootmesh.autoconfigure.server.InboundProperties.ForwardedClientCert;
import io.github.bootmesh.autoconfigure.server.PlaintextCallers;
import io.github.bootmesh.autoconfigure.server.RequestGate;
import io.github.bootmesh.identity.TestIdentities;
import io.github.bootmesh.intention.Authorizer;
import io.github.bootmesh.intention.Decisions;
import io.github.bootmesh.intention.RequestFacts;
import io.github.bootmesh.testing.TestCa;
import io.github.bootmesh.tls.MeshTls;
import io.github.bootmesh.tls.PeerAdmission;
import io.github.bootmesh.tls.TlsSettings;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a servlet application knows of its callers, and what they can do to it.
 */
class ServletCallerTests {

	private static final TestCa CA = TestCa.create("11111111-2222-3333-4444-555555555555.consul");

	private static final String SPOOFED = "By=spiffe://x;Hash=00;URI=spiffe://x/ns/default/dc/dc1/svc/admin";

	private TestIdentities identities;

	private MeshTls tls;

	@BeforeEach
	void start() {
		this.identities = TestIdentities.of(CA, "web");
		this.tls = new MeshTls(this.identities.identity(), TlsSettings.DEFAULTS, PeerAdmission.EVERY_VERIFIED_PEER,
				Clock.systemUTC());
	}

	@AfterEach
	void stop() {
		this.tls.close();
		this.identities.close();
	}

	@Test
	void theCallerIsAnArgumentOfHandlers() throws Exception {
		assertThat(get("/peer").getContentAsString()).isEqualTo(CA.uri("client"));
		assertThat(get("/optional").getContentAsString()).isEqualTo("client");
		assertThat(get("/nullable").getContentAsString()).isEqualTo("client");
	}

	@Test
	void withoutTheMeshOnlyHandlersThatCanDoWithoutACallerAreCalled() throws Exception {
		MockMvc plain = MockMvcBuilders.standaloneSetup(new Endpoints())
			.setCustomArgumentResolvers(new ServletMeshPeerResolver())
			.build();
		assertThat(response(plain, request("/peer")).getStatus()).isEqualTo(403);
		assertThat(response(plain, request("/peer").param("id", CA.uri("admin"))).getStatus()).isEqualTo(403);
		assertThat(response(plain, request("/optional")).getContentAsString()).isEqualTo("nobody");
		assertThat(response(plain, request("/nullable")).getContentAsString()).isEqualTo("nobody");
	}

	@Test
	void whoIsNoPeerOfTheMeshIsRefused() throws Exception {
		MockMvc mvc = mvc((request) -> true);
		TestCa.Issued other = TestCa.create(CA.trustDomain()).leaf("client");
		assertRefused(response(mvc, MockMvcRequestBuilders.get("/peer")), 403);
		assertRefused(response(mvc, certified(MockMvcRequestBuilders.get("/peer"), other)), 403);
		assertRefused(response(mvc,
				MockMvcRequestBuilders.get("/peer")
					.requestAttr("jakarta.servlet.request.X509Certificate", new X509Certificate[0])
					.header("X-Forwarded-Client-Cert", SPOOFED)),
				403);
		this.identities.close();
		assertRefused(response(mvc, request("/peer")), 403);
	}

	@Test
	void whatIntentionsRefuseIsRefused() throws Exception {
		MockMvc mvc = mvc((request) -> request.target().equals("/peer?x=1") && request.method().equals("GET")
				&& request.headers("X-A").equals(List.of("1", "2")));
		assertThat(response(mvc, request("/peer?x=1").header("x-a", "1", "2")).getStatus()).isEqualTo(200);
		assertRefused(response(mvc, request("/peer?x=1").header("x-a", "1")), 403);
		assertRefused(response(mvc, request("/peer").header("x-a", "1", "2")), 403);
	}

	@Test
	void whatThePeerSaysOfItsCertificateIsReplacedByWhatWasVerified() throws Exception {
		List<String> heard = new ArrayList<>();
		MockMvc mvc = mvc((request) -> {
			heard.addAll(request.headers("x-forwarded-client-cert"));
			return true;
		});
		MockHttpServletRequestBuilder request = request("/headers").header("x-forwarded-CLIENT-cert", SPOOFED, SPOOFED)
			.header("Other", "x");
		assertThat(response(mvc, request).getContentAsString()).startsWith("1 By=" + CA.uri("web") + ";Hash=")
			.endsWith(";URI=" + CA.uri("client") + " [Other, X-Forwarded-Client-Cert]")
			.doesNotContain("admin");
		assertThat(heard).isNotEmpty().noneMatch((value) -> value.contains("admin"));
	}

	@Test
	void anErrorPageSeesNoOtherHeaderEither() throws Exception {
		ServletPeerFilter filter = peerFilter((request) -> true);
		MockHttpServletRequest request = new MockHttpServletRequest("GET", "/item");
		request.setAttribute("jakarta.servlet.request.X509Certificate", chain(CA.leaf("client")));
		request.addHeader("X-Forwarded-Client-Cert", SPOOFED);
		filter.doFilter(request, new MockHttpServletResponse(), new MockFilterChain());
		request.setDispatcherType(DispatcherType.ERROR);
		MockFilterChain chain = new MockFilterChain();
		filter.doFilter(request, new MockHttpServletResponse(), chain);
		HttpServletRequest seen = (HttpServletRequest) Objects.requireNonNull(chain.getRequest());
		assertThat(seen.getHeader("X-Forwarded-Client-Cert")).startsWith("By=").doesNotContain("admin");
	}

	@Test
	void aMethodThatAParameterNamesIsDecidedOn() throws Exception {
		MockHttpServletRequestBuilder delete = certified(MockMvcRequestBuilders.post("/item"), CA.leaf("client"))
			.param("_method", "DELETE");
		assertThat(response(mvc((request) -> true), delete).getContentAsString()).isEqualTo("deleted");
		assertRefused(response(mvc((request) -> !request.method().equals("DELETE")), delete), 403);
	}

	@Test
	void aPathThatIsRewrittenIsDecidedOn() throws Exception {
		MockMvc mvc = mvc((request) -> !request.target().equals("/admin"));
		assertRefused(response(mvc, request("/admin")), 403);
		assertRefused(response(mvc, request("/admin/")), 403);
		assertRefused(response(mvc, request("/admin/").header("X-Forwarded-Prefix", "/public")), 403);
		assertRefused(response(mvc, request("/%61dmin")), 403);
		assertThat(response(mvc, request("/item").header("X-Forwarded-Prefix", "/admin")).getContentAsString())
			.isEqualTo("item");
		assertThat(response(mvc, request("/item/")).getContentAsString()).isEqualTo("item");
	}

	@Test
	void whatTheContainerMadeOfThePathIsDecidedOn() throws Exception {
		Predicate<RequestFacts> noAdmin = (request) -> !request.target().equals("/app/admin");
		assertThat(status(noAdmin, "/app/x/../admin", "/admin", DispatcherType.REQUEST, false)).isEqualTo(403);
		assertThat(status(noAdmin, "/app/a%20b", "/a b", DispatcherType.REQUEST, false)).isEqualTo(200);
	}

	@Test
	void whatAFilterForwardsToIsDecidedOnButNotWhatAHandlerDoes() throws Exception {
		Predicate<RequestFacts> noAdmin = (request) -> !request.target().equals("/app/admin");
		assertThat(status(noAdmin, "/app/admin", "/admin", DispatcherType.FORWARD, false)).isEqualTo(403);
		assertThat(status(noAdmin, "/app/admin", "/admin", DispatcherType.FORWARD, true)).isEqualTo(200);
	}

	@Test
	void whatCameWithoutADecisionIsRefusedBeforeItIsRouted() throws Exception {
		MockHttpServletResponse response = new MockHttpServletResponse();
		new ServletRoutingFilter(judge((request) -> true), () -> false)
			.doFilter(new MockHttpServletRequest("GET", "/item"), response, new MockFilterChain());
		assertThat(response.getStatus()).isEqualTo(403);
	}

	@Test
	void whatIsRoutedOnAnotherPathIsNotCountedAgain() throws Exception {
		Authorizer authorizer = ReactiveApplication.authorizer((request) -> true);
		Decisions decisions = new Decisions(authorizer);
		MockHttpServletRequest request = new MockHttpServletRequest("GET", "/item");
		ServletCall.of(new MeshPeer(SpiffeId.parse(CA.uri("client")), CA.leaf("client").leaf()), request, List.of())
			.keep();
		request.setRequestURI("/other");
		request.setServletPath("/another");
		MockFilterChain chain = new MockFilterChain();
		new ServletRoutingFilter(judge(authorizer, decisions), () -> false).doFilter(request,
				new MockHttpServletResponse(), chain);
		assertThat(chain.getRequest()).isNotNull();
		assertThat(decisions.counts()).allSatisfy((count) -> assertThat(count.value().sum()).isZero());
	}

	@Test
	void whereCaseMeansNothingToRoutingRulesAreTold() throws Exception {
		MockHttpServletResponse response = new MockHttpServletResponse();
		MockHttpServletRequest request = new MockHttpServletRequest("GET", "/ADMIN");
		request.setServletPath("/ADMIN");
		request.setAttribute("jakarta.servlet.request.X509Certificate", chain(CA.leaf("client")));
		Predicate<RequestFacts> noAdmin = (facts) -> !facts.anyCase();
		new MockFilterChain(new NoServlet(), peerFilter(noAdmin), new ServletRoutingFilter(judge(noAdmin), () -> true))
			.doFilter(request, response);
		assertThat(response.getStatus()).isEqualTo(403);
	}

	@Test
	void theApplicationCanOnlyNarrow() throws Exception {
		MeshAuthorizer own = (caller, request) -> Mono
			.just(caller.service().equals("client") && !request.target().equals("/item"))
			.delayElement(Duration.ofMillis(request.target().equals("/peer") ? 5000 : 0));
		assertThat(response(mvc((request) -> true, own), request("/optional")).getStatus()).isEqualTo(200);
		assertRefused(response(mvc((request) -> true, own), request("/item")), 403);
		assertRefused(response(mvc((request) -> true, own), request("/peer")), 403);
		assertRefused(response(mvc((request) -> false, own), request("/optional")), 403);
	}

	private int status(Predicate<RequestFacts> allowed, String uri, String path, DispatcherType type, boolean handled)
			throws Exception {
		MockHttpServletRequest request = new MockHttpServletRequest("GET",
				(type == DispatcherType.FORWARD) ? "/app/item" : uri);
		((MockServletContext) request.getServletContext()).setContextPath("/app");
		request.setContextPath("/app");
		request.setServletPath((type == DispatcherType.FORWARD) ? "/item" : path);
		request.setAttribute("jakarta.servlet.request.X509Certificate", chain(CA.leaf("client")));
		MockHttpServletResponse response = new MockHttpServletResponse();
		Filter rewrite = (sent, answer, chain) -> {
			request.setDispatcherType(type);
			request.setRequestURI(uri);
			request.setServletPath(path);
			if (handled) {
				request.setAttribute("org.springframework.web.servlet.DispatcherServlet.CONTEXT", "context");
			}
			chain.doFilter(sent, answer);
		};
		new MockFilterChain(new NoServlet(), peerFilter(allowed), rewrite,
				new ServletRoutingFilter(judge(allowed), () -> false))
			.doFilter(request, response);
		return response.getStatus();
	}

	private MockHttpServletResponse get(String path) throws Exception {
		return response(mvc((request) -> true), request(path));
	}

	private static MockHttpServletRequestBuilder request(String path) {
		return certified(MockMvcRequestBuilders.request(HttpMethod.GET, URI.create(path)), CA.leaf("client"));
	}

	private static MockHttpServletRequestBuilder certified(MockHttpServletRequestBuilder request, TestCa.Issued leaf) {
		return request.requestAttr("jakarta.servlet.request.X509Certificate", chain(leaf));
	}

	private static X509Certificate[] chain(TestCa.Issued leaf) {
		return leaf.chain().toArray(X509Certificate[]::new);
	}

	private static MockHttpServletResponse response(MockMvc mvc, MockHttpServletRequestBuilder request)
			throws Exception {
		return mvc.perform(request).andReturn().getResponse();
	}

	private MockMvc mvc(Predicate<RequestFacts> allowed, MeshAuthorizer... own) {
		return MockMvcBuilders.standaloneSetup(new Endpoints())
			.setCustomArgumentResolvers(new ServletMeshPeerResolver())
			.addFilters(new ForwardedHeaderFilter(), peerFilter(allowed, own), new HiddenHttpMethodFilter(),
					UrlHandlerFilter.trailingSlashHandler("/**").wrapRequest().build(),
					new ServletRoutingFilter(judge(allowed, own), () -> false))
			.build();
	}

	private ServletPeerFilter peerFilter(Predicate<RequestFacts> allowed, MeshAuthorizer... own) {
		return new ServletPeerFilter(this.tls, judge(allowed, own), new ForwardedClientCertificate(
				ForwardedClientCert.SANITIZE_SET, Set.of(), this.identities.identity()::spiffeId));
	}

	private static RequestJudge judge(Predicate<RequestFacts> allowed, MeshAuthorizer... own) {
		Authorizer authorizer = ReactiveApplication.authorizer(allowed);
		return judge(authorizer, new Decisions(authorizer), own);
	}

	private static RequestJudge judge(Authorizer authorizer, Decisions decisions, MeshAuthorizer... own) {
		return new RequestJudge(new RequestGate(authorizer, decisions, Mockito.mock(PlaintextCallers.class)),
				List.of(own), Duration.ofMillis(500));
	}

	private static void assertRefused(MockHttpServletResponse response, int status) throws Exception {
		assertThat(response.getStatus()).isEqualTo(status);
		assertThat(response.getContentType()).isEqualTo("application/problem+json");
		assertThat(response.getContentAsString()).isEqualTo("{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d}",
				(status == 403) ? "Forbidden" : "Bad Request", status);
	}

	@RestController
	static class Endpoints {

		@GetMapping("/peer")
		String peer(MeshPeer peer) {
			return peer.toString();
		}

		@GetMapping("/optional")
		String optional(Optional<MeshPeer> peer) {
			return peer.map(MeshPeer::service).orElse("nobody");
		}

		@GetMapping("/nullable")
		String nullable(@Nullable MeshPeer peer) {
			return (peer != null) ? peer.service() : "nobody";
		}

		@GetMapping("/headers")
		String headers(HttpServletRequest request) {
			List<String> values = Collections.list(request.getHeaders("X-Forwarded-Client-Cert"));
			return values.size() + " " + request.getHeader("x-forwarded-client-cert") + " "
					+ Collections.list(request.getHeaderNames());
		}

		@GetMapping("/item")
		String item() {
			return "item";
		}

		@PostMapping("/item")
		String post() {
			return "posted";
		}

		@DeleteMapping("/item")
		String delete() {
			return "deleted";
		}

		@GetMapping("/admin")
		String admin() {
			return "admin";
		}

	}

	private static final class NoServlet extends HttpServlet {

		@Override
		protected void service(HttpServletRequest request, HttpServletResponse response) {
			response.setStatus(200);
		}

	}

}
