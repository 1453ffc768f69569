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

package io.github.bootmesh.dev;

import java.net.URI;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

import io.github.bootmesh.dev.RawHttp.Reply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * What a Consul 1.8.7 agent answers, byte by byte where it matters. The same tests run
 * against a real one and against the development Consul: where those differ, the
 * development Consul is wrong.
 */
abstract class ConsulContract {

	private static final Duration SOON = Duration.ofSeconds(10);

	private static final String REGISTER = "/v1/agent/service/register";

	private static final String INTENTIONS = "/v1/connect/intentions";

	private final String name = "s" + UUID.randomUUID().toString().substring(0, 8);

	private RawHttp http;

	abstract URI url();

	@BeforeEach
	void connect() {
		this.http = new RawHttp(url());
	}

	private Reply register(String json) {
		return this.http.put(REGISTER, json.replace("NAME", this.name).replace('\'', '"'));
	}

	private Reply registered(String json) {
		Reply reply = register(json);
		assertThat(reply.status()).as(reply.body()).isEqualTo(200);
		assertThat(reply.body()).isEmpty();
		return reply;
	}

	private void registerNative() {
		registered("{'Name':'NAME','ID':'NAME-1','Address':'127.0.0.1','Port':5432,'Tags':['a'],'Meta':{'v':'1'},"
				+ "'Weights':{'Passing':3,'Warning':1},'Connect':{'Native':true},'Check':{'CheckID':'service:NAME-1',"
				+ "'Name':'ready','TTL':'60s','DeregisterCriticalServiceAfter':'1m'}}");
		// The agent brings it to the servers a moment later.
		soon(() -> assertThat(health().json()).hasSize(1));
	}

	private Reply health() {
		return this.http.get("/v1/health/connect/" + this.name);
	}

	private static void soon(Runnable assertion) {
		Awaitility.await().atMost(SOON).untilAsserted(assertion::run);
	}

	private void assertText(Reply reply, int status, String text) {
		assertThat(reply.status()).as(reply.toString()).isEqualTo(status);
		assertThat(reply.header("Content-Type")).isEqualTo("text/plain; charset=utf-8");
		assertThat(reply.text().replace(this.name, "NAME").replaceAll("\\s+", " ")).startsWith(text);
	}

	// CA

	@ParameterizedTest
	@ValueSource(strings = { "/v1/connect/ca/roots", "/v1/agent/connect/ca/roots" })
	void showsRoots(String path) {
		Reply reply = this.http.get(path);
		assertThat(reply.status()).isEqualTo(200);
		assertThat(reply.header("Content-Type")).isEqualTo("application/json");
		assertThat(reply.index()).isPositive();
		assertThat(reply.header("X-Consul-Knownleader")).isEqualTo("false");
		assertThat(reply.header("X-Consul-Lastcontact")).isEqualTo("0");
		assertThat(reply.header("X-Cache") != null).isEqualTo(path.contains("agent"));
		assertThat(reply.fields("")).containsExactly("ActiveRootID", "TrustDomain", "Roots");
		assertThat(reply.fields("/Roots/0")).containsExactly("ID", "Name", "SerialNumber", "SigningKeyID",
				"ExternalTrustDomain", "NotBefore", "NotAfter", "RootCert", "IntermediateCerts", "Active",
				"PrivateKeyType", "PrivateKeyBits", "CreateIndex", "ModifyIndex");
		JsonNode active = activeRoot(reply);
		assertThat(active.get("ID").asString()).matches("([0-9a-f]{2}:){19}[0-9a-f]{2}")
			.isEqualTo(reply.string("/ActiveRootID"));
		assertThat(active.get("SerialNumber").isNumber()).isTrue();
		assertThat(active.get("SigningKeyID").asString()).matches("([0-9a-f]{2}:){31}[0-9a-f]{2}");
		assertThat(active.get("ExternalTrustDomain").asString() + ".consul").isEqualTo(reply.string("/TrustDomain"));
		assertThat(active.get("NotBefore").asString()).matches("[-0-9]{10}T[:0-9]{8}Z");
		X509Certificate root = Pems.certificates(active.get("RootCert").asString()).get(0);
		assertThat(root.getBasicConstraints()).isGreaterThanOrEqualTo(0);
		assertThat(root.getKeyUsage()).startsWith(true, false, false, false, false, true, true);
		assertThat(Pems.uris(root)).containsExactly("6:spiffe://" + reply.string("/TrustDomain"));
		assertThat(active.get("ModifyIndex").asLong()).isLessThanOrEqualTo(reply.index());
	}

	private static JsonNode activeRoot(Reply roots) {
		for (JsonNode root : roots.json().get("Roots")) {
			if (root.get("Active").asBoolean()) {
				return root;
			}
		}
		throw new AssertionError("no active root: " + roots);
	}

	@Test
	void showsRootsAsPem() {
		Reply reply = this.http.get("/v1/connect/ca/roots?pem=true");
		assertThat(reply.header("Content-Type")).isEqualTo("application/pem-certificate-chain");
		assertThat(Pems.certificates(reply.body())).isNotEmpty();
	}

	@Test
	void issuesALeaf() {
		Reply reply = this.http.get("/v1/agent/connect/ca/leaf/" + this.name);
		assertThat(reply.status()).isEqualTo(200);
		assertThat(reply.index()).isPositive();
		assertThat(reply.header("X-Cache")).isEqualTo("MISS");
		assertThat(reply.header("X-Consul-Knownleader")).isNull();
		assertThat(reply.fields("")).containsExactly("SerialNumber", "CertPEM", "PrivateKeyPEM", "Service",
				"ServiceURI", "ValidAfter", "ValidBefore", "CreateIndex", "ModifyIndex");
		Reply roots = this.http.get("/v1/connect/ca/roots");
		String uri = "spiffe://" + roots.string("/TrustDomain") + "/ns/default/dc/dc1/svc/" + this.name;
		assertThat(reply.string("/Service")).isEqualTo(this.name);
		assertThat(reply.string("/ServiceURI")).isEqualTo(uri);
		assertThat(reply.string("/PrivateKeyPEM")).startsWith("-----BEGIN EC PRIVATE KEY-----\n");
		assertThat(reply.string("/SerialNumber")).matches("[0-9a-f]{2}(:[0-9a-f]{2})*");
		List<X509Certificate> chain = Pems.certificates(reply.string("/CertPEM"));
		X509Certificate leaf = chain.get(0);
		KeyPair keys = Pems.keys(reply.string("/PrivateKeyPEM"));
		assertThat(leaf.getPublicKey()).isEqualTo(keys.getPublic());
		assertThat(Pems.uris(leaf)).containsExactly("6:" + uri);
		assertThat(leaf.getBasicConstraints()).isEqualTo(-1);
		assertThat(leaf.getKeyUsage()).startsWith(true, false, true, true, true, false, false);
		assertThat(extendedKeyUsage(leaf)).containsExactly("1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1");
		assertThat(leaf.getSubjectX500Principal().getName())
			.matches("CN=" + this.name + "\\.svc\\.default\\.[0-9a-f]{8}\\.consul");
		Instant after = Instant.parse(reply.string("/ValidAfter"));
		assertThat(after).isEqualTo(leaf.getNotBefore().toInstant())
			.isBetween(Instant.now().minusSeconds(120), Instant.now().minusSeconds(55));
		assertThat(Instant.parse(reply.string("/ValidBefore"))).isEqualTo(leaf.getNotAfter().toInstant())
			.isEqualTo(after.plus(Duration.ofDays(3)));
		assertThat(Pems.leadsTo(root(activeRoot(roots)), chain)).isTrue();
	}

	private static X509Certificate root(JsonNode root) {
		return Pems.certificates(root.get("RootCert").asString()).get(0);
	}

	private static List<String> extendedKeyUsage(X509Certificate certificate) {
		try {
			return certificate.getExtendedKeyUsage();
		}
		catch (java.security.cert.CertificateParsingException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Test
	void keepsTheLeafInItsCache() {
		Reply first = this.http.get("/v1/agent/connect/ca/leaf/" + this.name);
		Reply second = this.http.get("/v1/agent/connect/ca/leaf/" + this.name);
		assertThat(second.header("X-Cache")).isEqualTo("HIT");
		assertThat(second.header("Age")).matches("\\d+");
		assertThat(second.string("/SerialNumber")).isEqualTo(first.string("/SerialNumber"));
		assertThat(second.index()).isEqualTo(first.index());
	}

	@Test
	void cutsALongCommonName() {
		String longName = this.name + "-" + "x".repeat(60);
		Reply reply = this.http.get("/v1/agent/connect/ca/leaf/" + longName);
		X509Certificate leaf = Pems.certificates(reply.string("/CertPEM")).get(0);
		assertThat(leaf.getSubjectX500Principal().getName()).hasSizeLessThanOrEqualTo("CN=".length() + 64);
		assertThat(Pems.uris(leaf).get(0)).endsWith("/svc/" + longName);
	}

	@Test
	void escapesTheNameInTheSpiffeId() {
		assertThat(this.http.get("/v1/agent/connect/ca/leaf/" + this.name + "%20x").string("/ServiceURI"))
			.endsWith("/svc/" + this.name + "%20x");
	}

	@Test
	void refusesALeaf() {
		assertText(this.http.get("/v1/agent/connect/ca/leaf/"), 500, "URI must be either service or agent");
		assertText(this.http.get("/v1/agent/connect/ca/leaf/a%2Fb"), 500,
				"SPIFFE ID is not in the expected format: spiffe://");
		assertText(this.http.get("/v1/agent/connect/ca/leaf/" + this.name + "?dc=elsewhere"), 500,
				"No path to datacenter");
		assertText(this.http.get("/v1/agent/connect/ca/leaf/" + this.name + "?ns=default"), 400,
				"Bad request: Invalid query parameter: \"ns\" - Namespaces are a Consul Enterprise feature");
		assertText(this.http.get("/v1/agent/connect/ca/leaf/" + this.name + "?index=x"), 400, "Invalid index");
		assertThat(this.http.call("HEAD", "/v1/agent/connect/ca/leaf/" + this.name).status()).isEqualTo(405);
	}

	@Test
	void whenRootRotatesThenRootsAreToldAtOnceAndTheLeafFollowsWithAChainToBothRoots() throws Exception {
		Reply before = this.http.get("/v1/agent/connect/ca/roots");
		Reply leafBefore = this.http.get("/v1/agent/connect/ca/leaf/" + this.name);
		CompletableFuture<Reply> roots = this.http
			.getLater("/v1/agent/connect/ca/roots?wait=55s&index=" + before.index());
		CompletableFuture<Reply> leaf = this.http
			.getLater("/v1/agent/connect/ca/leaf/" + this.name + "?wait=55s&index=" + leafBefore.index());
		Reply put = this.http.put("/v1/connect/ca/configuration",
				"{\"Provider\":\"consul\",\"Config\":{\"PrivateKey\":\"" + Pems.newKeyForConfiguration()
						+ "\",\"RootCert\":\"\",\"LeafCertTTL\":\"72h\"}}");
		assertThat(put.status()).as(put.body()).isEqualTo(200);
		Reply after = roots.get(10, TimeUnit.SECONDS);
		assertThat(after.index()).isGreaterThan(before.index());
		assertThat(after.string("/ActiveRootID")).isNotEqualTo(before.string("/ActiveRootID"));
		assertThat(after.string("/TrustDomain")).isEqualTo(before.string("/TrustDomain"));
		assertThat(after.json().get("Roots")).hasSize(before.json().get("Roots").size() + 1);
		JsonNode active = activeRoot(after);
		assertThat(active.get("IntermediateCerts")).hasSize(1);
		X509Certificate crossSigned = Pems.certificates(active.get("IntermediateCerts").get(0).asString()).get(0);
		X509Certificate oldRoot = root(activeRoot(before));
		assertThat(crossSigned.getIssuerX500Principal()).isEqualTo(oldRoot.getSubjectX500Principal());
		assertThat(crossSigned.getPublicKey()).isEqualTo(root(active).getPublicKey());
		assertThat(Duration.between(crossSigned.getNotBefore().toInstant(), crossSigned.getNotAfter().toInstant()))
			.isEqualTo(Duration.ofDays(7));
		Reply leafAfter = leaf.get(60, TimeUnit.SECONDS);
		assertThat(leafAfter.index()).isGreaterThan(leafBefore.index());
		List<X509Certificate> chain = Pems.certificates(leafAfter.string("/CertPEM"));
		assertThat(chain).hasSize(2);
		assertThat(Pems.leadsTo(root(active), chain.subList(0, 1))).isTrue();
		assertThat(Pems.leadsTo(oldRoot, chain)).isTrue();
	}

	@Test
	void showsAndRefusesTheConfigurationOfTheCa() {
		String path = "/v1/connect/ca/configuration";
		assertThat(this.http.get(path).fields("")).containsExactly("Provider", "Config", "State",
				"ForceWithoutCrossSigning", "CreateIndex", "ModifyIndex");
		assertText(this.http.put(path, "zork"), 400, "Bad request: Request decode failed: invalid character");
		assertText(this.http.put(path, "{\"Provider\":\"consul\",\"Zork\":1}"), 400,
				"Bad request: Request decode failed: json: unknown field \"Zork\"");
		assertText(this.http.put(path, "{\"Provider\":\"zork\"}"), 500,
				"could not initialize provider: unknown CA provider \"zork\"");
		assertText(this.http.put(path, "{\"Provider\":\"consul\",\"Config\":{\"PrivateKey\":\"zork\"}}"), 500,
				"error generating CA root certificate");
		assertText(this.http.put(path, "{\"Provider\":\"consul\",\"Config\":{\"LeafCertTTL\":\"10m\"}}"), 500,
				"error configuring provider: leaf cert TTL must be greater or equal than 1h0m0s");
	}

	// Blocking

	@ParameterizedTest
	@ValueSource(strings = { "/v1/connect/ca/roots", "/v1/agent/connect/ca/roots", "/v1/agent/connect/ca/leaf/NAME",
			"/v1/health/connect/NAME", "/v1/connect/intentions" })
	void holdsTheAnswerForTheWaitAndThenSaysTheSame(String template) {
		String path = template.replace("NAME", this.name);
		Reply first = this.http.get(path);
		long start = System.nanoTime();
		Reply second = this.http.get(path + "?wait=1s&index=" + first.index());
		assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(900));
		assertThat(second.status()).isEqualTo(200);
		assertThat(second.index()).isGreaterThanOrEqualTo(first.index());
	}

	@Test
	void holdsTheAnswerToAnIndexThatIsAhead() {
		long start = System.nanoTime();
		Reply reply = this.http.get("/v1/health/connect/" + this.name + "?wait=1s&index=9999999");
		assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(900));
		assertThat(reply.index()).isLessThan(9999999);
	}

	@ParameterizedTest
	@ValueSource(strings = { "/v1/connect/ca/roots", "/v1/agent/connect/ca/roots", "/v1/health/connect/x",
			"/v1/connect/intentions", "/v1/agent/connect/ca/leaf/x" })
	void refusesABadIndexOrWait(String path) {
		assertText(this.http.get(path + "?index=abc"), 400, "Invalid index");
		assertText(this.http.get(path + "?index=-1"), 400, "Invalid index");
		assertText(this.http.get(path + "?index=1&wait=soon"), 400, "Invalid wait time");
	}

	// Services and checks

	@Test
	void showsARegisteredService() {
		registerNative();
		Reply reply = this.http.get("/v1/agent/service/" + this.name + "-1");
		assertThat(reply.header("Content-Type")).isEqualTo("application/json");
		assertThat(reply.fields("")).containsExactly("ID", "Service", "Tags", "Meta", "Port", "Address",
				"TaggedAddresses", "Weights", "EnableTagOverride", "ContentHash", "Connect");
		assertThat(reply.header("X-Consul-Contenthash")).isNotBlank().isEqualTo(reply.string("/ContentHash"));
		assertThat(reply.header("X-Consul-Index")).isNull();
		assertThat(reply.string("/TaggedAddresses/lan_ipv4/Address")).isEqualTo("127.0.0.1");
		assertThat(reply.json().at("/Connect/Native").asBoolean()).isTrue();
		Reply all = this.http.get("/v1/agent/services");
		assertThat(all.fields("/" + this.name + "-1")).containsExactly("ID", "Service", "Tags", "Meta", "Port",
				"Address", "TaggedAddresses", "Weights", "EnableTagOverride", "Connect");
		Reply checks = this.http.get("/v1/agent/checks");
		assertThat(checks.fields("/service:" + this.name + "-1")).containsExactly("Node", "CheckID", "Name", "Status",
				"Notes", "Output", "ServiceID", "ServiceName", "ServiceTags", "Type", "Definition", "CreateIndex",
				"ModifyIndex");
		assertThat(checks.string("/service:" + this.name + "-1/Status")).isEqualTo("critical");
		assertThat(checks.string("/service:" + this.name + "-1/Type")).isEqualTo("ttl");
		assertText(this.http.get("/v1/agent/service/nobody"), 404, "unknown service ID: nobody");
	}

	@Test
	void showsTheHealthOfAService() {
		registerNative();
		Reply reply = health();
		assertThat(reply.header("Content-Type")).isEqualTo("application/json");
		assertThat(reply.header("X-Consul-Knownleader")).isEqualTo("true");
		assertThat(reply.header("X-Consul-Lastcontact")).isEqualTo("0");
		assertThat(reply.header("X-Consul-Effective-Consistency")).isEqualTo("leader");
		assertThat(reply.header("X-Cache")).isNull();
		assertThat(reply.fields("/0")).containsExactly("Node", "Service", "Checks");
		assertThat(reply.fields("/0/Node")).containsExactly("ID", "Node", "Address", "Datacenter", "TaggedAddresses",
				"Meta", "CreateIndex", "ModifyIndex");
		assertThat(reply.string("/0/Node/Datacenter")).isEqualTo("dc1");
		assertThat(reply.fields("/0/Service")).containsExactly("ID", "Service", "Tags", "Address", "TaggedAddresses",
				"Meta", "Port", "Weights", "EnableTagOverride", "Proxy", "Connect", "CreateIndex", "ModifyIndex");
		assertThat(reply.fields("/0/Service/Proxy")).containsExactly("MeshGateway", "Expose");
		assertThat(reply.json().at("/0/Service/Weights/Passing").asInt()).isEqualTo(3);
		assertThat(reply.json().at("/0/Checks")).hasSize(2);
		assertThat(reply.fields("/0/Checks/1")).containsExactly("Node", "CheckID", "Name", "Status", "Notes", "Output",
				"ServiceID", "ServiceName", "ServiceTags", "Type", "Definition", "CreateIndex", "ModifyIndex");
		assertThat(this.http.get("/v1/health/connect/" + this.name + "?passing").json()).isEmpty();
		Reply catalog = this.http.get("/v1/catalog/connect/" + this.name);
		assertThat(catalog.fields("/0")).containsExactly("ID", "Node", "Address", "Datacenter", "TaggedAddresses",
				"NodeMeta", "ServiceKind", "ServiceID", "ServiceName", "ServiceTags", "ServiceAddress",
				"ServiceTaggedAddresses", "ServiceWeights", "ServiceMeta", "ServicePort", "ServiceEnableTagOverride",
				"ServiceProxy", "ServiceConnect", "CreateIndex", "ModifyIndex");
		Reply services = this.http.get("/v1/catalog/services");
		assertThat(services.json().get("consul")).isEmpty();
		assertThat(services.json().get(this.name).get(0).asString()).isEqualTo("a");
	}

	@Test
	void aNameThatNobodyHasIsAnEmptyListWithAnIndex() {
		Reply reply = health();
		assertThat(reply.status()).isEqualTo(200);
		assertThat(reply.json()).isEmpty();
		assertThat(reply.index()).isPositive();
		assertThat(reply.body()).isEqualToIgnoringWhitespace("[]");
	}

	@Test
	void aServiceThatIsNotInTheMeshIsSeenOnlyOutsideOfIt() {
		registered("{'Name':'NAME','Port':1}");
		soon(() -> assertThat(this.http.get("/v1/health/service/" + this.name).json()).hasSize(1));
		assertThat(health().json()).isEmpty();
		assertThat(this.http.get("/v1/health/service/" + this.name).json().at("/0/Service/Meta").isNull()).isTrue();
	}

	@Test
	void aProxySpeaksForItsService() {
		registered("{'Name':'NAME','Port':1}");
		registered("{'Kind':'connect-proxy','Name':'NAME-proxy','Address':'127.0.0.2','Port':1234,"
				+ "'Proxy':{'DestinationServiceName':'NAME','DestinationServiceID':'NAME','LocalServicePort':99,"
				+ "'Upstreams':[{'DestinationName':'other','LocalBindPort':9191}]}}");
		soon(() -> assertThat(health().json()).hasSize(1));
		Reply reply = health();
		assertThat(reply.string("/0/Service/Kind")).isEqualTo("connect-proxy");
		assertThat(reply.string("/0/Service/Service")).isEqualTo(this.name + "-proxy");
		assertThat(reply.fields("/0/Service/Proxy")).containsExactly("DestinationServiceName", "DestinationServiceID",
				"LocalServicePort", "Upstreams", "MeshGateway", "Expose");
		assertThat(reply.string("/0/Service/Proxy/Upstreams/0/DestinationType")).isEqualTo("service");
		assertThat(reply.json().at("/0/Service/Connect")).isEmpty();
	}

	private void registerWithSidecar(String more, String status) {
		registered("{'Name':'NAME','ID':'NAME-1','Address':'127.0.0.1','Port':8080,'Tags':['a'],'Meta':{'v':'1'},"
				+ "'Check':{'CheckID':'service:NAME-1','Name':'ready','TTL':'60s'" + status + "},"
				+ "'Connect':{'SidecarService':{'Port':20000,'Address':'127.0.0.2'," + more
				+ "'Checks':[{'Name':'alias','AliasService':'NAME-1'" + status + "}]}}}");
	}

	@Test
	void aSidecarSpeaksForTheServiceThatItIsRegisteredWith() {
		registerWithSidecar("'Weights':{'Passing':3,'Warning':1},", "");
		soon(() -> assertThat(health().json()).hasSize(1));
		Reply reply = health();
		assertThat(reply.string("/0/Service/Kind")).isEqualTo("connect-proxy");
		assertThat(reply.string("/0/Service/ID")).isEqualTo(this.name + "-1-sidecar-proxy");
		assertThat(reply.string("/0/Service/Service")).isEqualTo(this.name + "-sidecar-proxy");
		assertThat(reply.string("/0/Service/Address")).isEqualTo("127.0.0.2");
		assertThat(reply.json().at("/0/Service/Port").asInt()).isEqualTo(20000);
		assertThat(reply.string("/0/Service/Tags/0")).isEqualTo("a");
		assertThat(reply.string("/0/Service/Meta/v")).isEqualTo("1");
		assertThat(reply.json().at("/0/Service/Weights/Passing").asInt()).isEqualTo(3);
		assertThat(reply.fields("/0/Service/Proxy")).containsExactly("DestinationServiceName", "DestinationServiceID",
				"LocalServiceAddress", "LocalServicePort", "MeshGateway", "Expose");
		assertThat(reply.string("/0/Service/Proxy/DestinationServiceName")).isEqualTo(this.name);
		assertThat(reply.string("/0/Service/Proxy/DestinationServiceID")).isEqualTo(this.name + "-1");
		assertThat(reply.string("/0/Service/Proxy/LocalServiceAddress")).isEqualTo("127.0.0.1");
		assertThat(reply.json().at("/0/Service/Proxy/LocalServicePort").asInt()).isEqualTo(8080);
		Reply own = this.http.get("/v1/agent/service/" + this.name + "-1");
		assertThat(own.json().has("Connect")).isFalse();
		assertThat(own.json().get("Port").asInt()).isEqualTo(8080);
		assertThat(this.http.get("/v1/agent/service/" + this.name + "-1-sidecar-proxy").json().get("Port").asInt())
			.isEqualTo(20000);
	}

	@Test
	void anAliasCheckFollowsTheChecksOfTheOtherService() {
		registerWithSidecar("", "");
		String own = "service:" + this.name + "-1";
		String alias = own + "-sidecar-proxy";
		soon(() -> assertThat(aliasCheck(alias, "Output")).isEqualTo("Aliased check \"ready\" failing: "));
		assertThat(aliasCheck(alias, "Status")).isEqualTo("critical");
		assertThat(aliasCheck(alias, "Type")).isEqualTo("alias");
		assertThat(aliasCheck(alias, "Name")).isEqualTo("alias");
		this.http.put("/v1/agent/check/pass/" + own + "?note=fine");
		soon(() -> assertThat(aliasCheck(alias, "Output")).isEqualTo("All checks passing."));
		soon(() -> assertThat(this.http.get("/v1/health/connect/" + this.name + "?passing").json()).hasSize(1));
		this.http.put("/v1/agent/check/fail/" + own + "?note=broken");
		soon(() -> assertThat(aliasCheck(alias, "Output")).isEqualTo("Aliased check \"ready\" failing: broken"));
		soon(() -> assertThat(this.http.get("/v1/health/connect/" + this.name + "?passing").json()).isEmpty());
	}

	private String aliasCheck(String id, String field) {
		return this.http.get("/v1/agent/checks").string("/" + id + "/" + field);
	}

	@Test
	void whenRegisteredAgainThenTheSidecarChangesWithItAndStaysWhenLeftOut() {
		registerWithSidecar("", ",'Status':'passing'");
		soon(() -> assertThat(this.http.get("/v1/health/connect/" + this.name + "?passing").json()).hasSize(1));
		registered("{'Name':'NAME','ID':'NAME-1','Address':'127.0.0.1','Port':8080,"
				+ "'Connect':{'SidecarService':{'Port':20001,'Checks':[{'AliasService':'NAME-1'}]}}}");
		String sidecar = "/v1/agent/service/" + this.name + "-1-sidecar-proxy";
		assertThat(this.http.get(sidecar).json().get("Port").asInt()).isEqualTo(20001);
		assertThat(this.http.get(sidecar).string("/Address")).isEqualTo("127.0.0.1");
		assertThat(aliasCheck("service:" + this.name + "-1-sidecar-proxy", "Status")).isEqualTo("passing");
		registered("{'Name':'NAME','ID':'NAME-1','Address':'127.0.0.1','Port':8080}");
		assertThat(this.http.get(sidecar).status()).isEqualTo(200);
	}

	@Test
	void aSidecarGoesWithItsServiceAndAlone() {
		registerWithSidecar("", "");
		String sidecar = this.name + "-1-sidecar-proxy";
		this.http.put("/v1/agent/service/deregister/" + sidecar);
		assertThat(this.http.get("/v1/agent/service/" + sidecar).status()).isEqualTo(404);
		assertThat(this.http.get("/v1/agent/service/" + this.name + "-1").status()).isEqualTo(200);
		soon(() -> assertThat(health().json()).isEmpty());
		registerWithSidecar("", "");
		this.http.put("/v1/agent/service/deregister/" + this.name + "-1");
		assertThat(this.http.get("/v1/agent/service/" + sidecar).status()).isEqualTo(404);
		assertThat(this.http.get("/v1/agent/checks").json().has("service:" + sidecar)).isFalse();
		soon(() -> assertThat(health().json()).isEmpty());
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', value = {
			"{'Name':'NAME','Frobnicate':1} | Request decode failed: json: unknown field \"Frobnicate\"",
			"{'Name':'NAME','Namespace':'default'} | Request decode failed: json: unknown field \"Namespace\"",
			"{'Name':'NAME','Partition':null} | Request decode failed: json: unknown field \"Partition\"",
			"{'Name':'NAME','Proxy':{'Mode':'direct'}} | Request decode failed: json: unknown field \"Mode\"",
			"{'Name':'NAME','Check':{'TTL':'1s','Zork':1}} | Request decode failed: json: unknown field \"Zork\"",
			"{'Name':'NAME','Weights':{'Zork':1}} | Request decode failed: json: unknown field \"Zork\"",
			"{'Name':'NAME','Port':'12'} | Request decode failed: json: cannot unmarshal",
			"{'Name':'NAME','Check':{'TTL':'abc'}} | Request decode failed: time: invalid duration \"abc\"",
			"{'Name':'NAME','Connect':{'SidecarService':{'Port':1,'Zork':1}}} | Request decode failed: json: unknown field \"Zork\"",
			"{'Name':'NAME','Port':1,'Connect':{'SidecarService':{'Port':1,'ID':'x'}}} | 1 error occurred: * A SidecarService cannot specify an ID",
			"{'Name':'NAME','Port':1,'Connect':{'SidecarService':{'Port':1,'Connect':{'SidecarService':{}}}}} | 1 error occurred: * A SidecarService cannot have a nested SidecarService",
			"[] | Request decode failed: json: cannot unmarshal", "{ | Request decode failed: unexpected EOF",
			"`` | Request decode failed: EOF", "{'ID':'x'} | Missing service name",
			"{'Name':'NAME','Address':'0.0.0.0'} | Invalid service address",
			"{'Name':'NAME','Weights':{'Passing':0}} | Invalid Weights: Passing must be greater than 0",
			"{'Name':'NAME','Meta':{'a b':'c'}} | Invalid Service Meta: Couldn't load metadata pair ('a b', 'c')",
			"{'Name':'NAME','Check':{'Name':'n'}} | Invalid check: TTL must be > 0 for TTL checks",
			"{'Name':'NAME','Check':{'TTL':'1s','Status':'zork'}} | Status for checks must 'passing'",
			"{'Name':'NAME','Kind':'connect-proxy','Port':1} | 1 error occurred: * Proxy.DestinationServiceName",
			"{'Name':'NAME','Kind':'connect-proxy','Proxy':{'DestinationServiceName':'x'}} | 1 error occurred:",
			"{'Name':'NAME','Kind':'connect-proxy','Port':1,'Connect':{'Native':true},"
					+ "'Proxy':{'DestinationServiceName':'x'}} | 1 error occurred: * A Proxy cannot also" })
	void refusesARegistration(String body, String text) {
		// The quotes of the meta case are part of Consul's words.
		Reply reply = this.http.put(REGISTER, body.replace("NAME", this.name).replace('\'', '"'));
		assertText(reply, 400, text);
	}

	@Test
	void readsFieldsInAnyCaseAndInSnakeCase() {
		registered("{'name':'NAME','id':'NAME-x','PORT':3,'connect':{'native':true},"
				+ "'tagged_addresses':{'lan':{'address':'127.0.0.1','port':1}},'enable_tag_override':true,"
				+ "'check':{'ttl':'20s','deregister_critical_service_after':'90m'}}");
		Reply reply = this.http.get("/v1/agent/service/" + this.name + "-x");
		assertThat(reply.json().get("Port").asInt()).isEqualTo(3);
		assertThat(reply.json().get("EnableTagOverride").asBoolean()).isTrue();
		assertThat(reply.fields("/TaggedAddresses")).containsExactly("lan");
		assertThat(reply.json().at("/Connect/Native").asBoolean()).isTrue();
	}

	@Test
	void takesNullsForAbsent() {
		registered("{'Name':'NAME','EnableTagOverride':null,'Tags':null,'Meta':null,'Weights':null,'Check':null,"
				+ "'Checks':null,'Connect':null,'Kind':null}");
	}

	@Test
	void aCheckTurnsAsItIsTold() {
		registerNative();
		String id = "service:" + this.name + "-1";
		assertHealth(503, "critical");
		Reply pass = this.http.put("/v1/agent/check/pass/" + id + "?note=fine");
		assertThat(pass.status()).isEqualTo(200);
		assertThat(pass.body()).isEmpty();
		assertHealth(200, "passing");
		soon(() -> assertThat(this.http.get("/v1/health/connect/" + this.name + "?passing").json()).hasSize(1));
		assertThat(this.http.get("/v1/agent/checks").string("/" + id + "/Output")).isEqualTo("fine");
		assertThat(
				this.http.put("/v1/agent/check/update/" + id, "{\"Status\":\"warning\",\"Output\":\"slow\"}").status())
			.isEqualTo(200);
		assertHealth(429, "warning");
		assertThat(this.http.put("/v1/agent/check/fail/" + id).status()).isEqualTo(200);
		assertHealth(503, "critical");
		assertThat(this.http.put("/v1/agent/check/warn/" + id).status()).isEqualTo(200);
		assertHealth(429, "warning");
	}

	private void assertHealth(int status, String word) {
		String path = "/v1/agent/health/service/id/" + this.name + "-1";
		Reply reply = this.http.get(path);
		assertThat(reply.status()).isEqualTo(status);
		assertThat(reply.header("X-Consul-Reason")).isEqualTo(word);
		assertThat(reply.header("Content-Type")).isEqualTo("application/json");
		assertThat(reply.fields("")).containsExactly("AggregatedStatus", "Service", "Checks");
		assertThat(reply.string("/AggregatedStatus")).isEqualTo(word);
		assertThat(reply.string("/Checks/0/Status")).isEqualTo(word);
		Reply text = this.http.get(path + "?format=text");
		assertThat(text.status()).isEqualTo(status);
		assertThat(text.text()).isEqualTo(word);
	}

	@Test
	void tellsWhatItDoesNotKnowOfHealth() {
		Reply reply = this.http.get("/v1/agent/health/service/id/" + this.name);
		assertThat(reply.status()).isEqualTo(404);
		assertThat(reply.header("X-Consul-Reason")).isEqualTo("ServiceId " + this.name + " not found");
		assertThat(reply.json().get("Service").isNull()).isTrue();
	}

	@Test
	void refusesAnUpdateOfACheck() {
		registerNative();
		String id = "service:" + this.name + "-1";
		assertText(this.http.put("/v1/agent/check/update/" + id, "{\"Status\":\"zork\"}"), 400,
				"Invalid check status: 'zork'");
		assertText(this.http.put("/v1/agent/check/update/" + id, "{\"Status\":\"passing\",\"Zork\":1}"), 400,
				"Request decode failed: json: unknown field \"Zork\"");
		assertText(this.http.put("/v1/agent/check/update/" + id, ""), 400, "Request decode failed: EOF");
		assertText(this.http.put("/v1/agent/check/pass/nobody"), 500,
				"CheckID \"nobody\" does not have associated TTL");
		assertText(this.http.put("/v1/agent/check/update/nobody", "{\"Status\":\"passing\"}"), 500,
				"CheckID \"nobody\" does not have associated TTL");
		assertText(
				this.http.put("/v1/agent/check/register", "{\"Name\":\"n\",\"TTL\":\"3s\",\"ServiceID\":\"nobody\"}"),
				500, "ServiceID \"nobody\" does not exist");
	}

	@Test
	void aCheckThatNobodyRenewsTurnsCritical() {
		registered("{'Name':'NAME','Check':{'TTL':'1s','CheckID':'NAME','Status':'passing'}}");
		this.http.put("/v1/agent/check/pass/" + this.name + "?note=last");
		soon(() -> assertThat(this.http.get("/v1/agent/checks").string("/" + this.name + "/Status"))
			.isEqualTo("critical"));
		assertThat(this.http.get("/v1/agent/checks").string("/" + this.name + "/Output"))
			.isEqualTo("TTL expired (last output before timeout follows): last");
	}

	@Test
	void registeringAgainKeepsTheStatusOfTheCheck() {
		registerNative();
		String id = "service:" + this.name + "-1";
		this.http.put("/v1/agent/check/pass/" + id + "?note=fine");
		registerNative();
		assertThat(this.http.get("/v1/agent/checks").string("/" + id + "/Status")).isEqualTo("passing");
		assertThat(this.http.get("/v1/agent/checks").string("/" + id + "/Output")).isEqualTo("fine");
	}

	@Test
	void registeringAgainReplacesChecksWhenAsked() {
		registerNative();
		registered("{'Name':'NAME','ID':'NAME-1','Check':{'TTL':'60s','CheckID':'NAME-other'}}");
		assertThat(checks()).containsExactlyInAnyOrder("service:" + this.name + "-1", this.name + "-other");
		this.http.put(REGISTER + "?replace-existing-checks=true",
				"{\"Name\":\"NAME\",\"ID\":\"NAME-1\",\"Check\":".replace("NAME", this.name)
						+ "{\"TTL\":\"60s\",\"CheckID\":\"" + this.name + "-last\"}}");
		assertThat(checks()).containsExactly(this.name + "-last");
	}

	private List<String> checks() {
		List<String> ids = new ArrayList<>();
		this.http.get("/v1/agent/checks").json().forEach((check) -> {
			if (check.get("ServiceID").asString().equals(this.name + "-1")) {
				ids.add(check.get("CheckID").asString());
			}
		});
		return ids;
	}

	@Test
	void deregistersAndIsSilentAboutWhatIsNotThere() {
		registerNative();
		for (int i = 0; i < 2; i++) {
			Reply reply = this.http.put("/v1/agent/service/deregister/" + this.name + "-1");
			assertThat(reply.status()).isEqualTo(200);
			assertThat(reply.body()).isEmpty();
		}
		assertThat(this.http.get("/v1/agent/service/" + this.name + "-1").status()).isEqualTo(404);
		assertThat(this.http.get("/v1/agent/checks").json().has("service:" + this.name + "-1")).isFalse();
		soon(() -> assertThat(health().json()).isEmpty());
		assertText(this.http.put("/v1/agent/service/deregister/"), 500, "ServiceID missing");
	}

	@Test
	void whenACheckTurnsThenWhoWaitsForTheServiceIsTold() throws Exception {
		registerNative();
		CompletableFuture<Reply> waiting = this.http
			.getLater("/v1/health/connect/" + this.name + "?wait=30s&index=" + health().index());
		this.http.put("/v1/agent/check/pass/service:" + this.name + "-1");
		Reply reply = waiting.get(10, TimeUnit.SECONDS);
		assertThat(reply.string("/0/Checks/1/Status")).isEqualTo("passing");
	}

	@Test
	void whenTheFirstInstanceComesAndWhenTheLastGoesThenWhoWaitsIsTold() throws Exception {
		CompletableFuture<Reply> first = this.http
			.getLater("/v1/health/connect/" + this.name + "?wait=30s&index=" + health().index());
		registerNative();
		assertThat(first.get(10, TimeUnit.SECONDS).json()).hasSize(1);
		CompletableFuture<Reply> last = this.http
			.getLater("/v1/health/connect/" + this.name + "?wait=30s&index=" + health().index());
		this.http.put("/v1/agent/service/deregister/" + this.name + "-1");
		assertThat(last.get(10, TimeUnit.SECONDS).json()).isEmpty();
	}

	@Test
	void whenAnotherServiceChangesThenTheIndexOfThisOneStays() {
		registerNative();
		long before = health().index();
		registered("{'Name':'NAME-other','Port':1,'Connect':{'Native':true}}");
		soon(() -> assertThat(this.http.get("/v1/health/connect/" + this.name + "-other").json()).hasSize(1));
		assertThat(health().index()).isEqualTo(before);
	}

	@Test
	void blocksOnTheHashOfAService() throws Exception {
		registerNative();
		String path = "/v1/agent/service/" + this.name + "-1";
		String hash = this.http.get(path).header("X-Consul-Contenthash");
		assertThat(this.http.get(path + "?hash=other&wait=30s").status()).isEqualTo(200);
		assertThat(this.http.get(path + "?hash=" + hash + "&wait=500ms").header("X-Consul-Contenthash"))
			.isEqualTo(hash);
		CompletableFuture<Reply> changed = this.http.getLater(path + "?wait=30s&hash=" + hash);
		registered("{'Name':'NAME','ID':'NAME-1','Port':77}");
		assertThat(changed.get(10, TimeUnit.SECONDS).json().get("Port").asInt()).isEqualTo(77);
		String next = this.http.get(path).header("X-Consul-Contenthash");
		assertThat(next).isNotEqualTo(hash);
		CompletableFuture<Reply> gone = this.http.getLater(path + "?wait=30s&hash=" + next);
		this.http.put("/v1/agent/service/deregister/" + this.name + "-1");
		assertText(gone.get(10, TimeUnit.SECONDS), 404, "unknown service ID: NAME-1");
		assertText(this.http.get(path + "?hash=x&wait=soon"), 400, "Invalid wait time");
	}

	@Test
	void tellsTheDefaultDiscoveryChainOfAnyName() {
		Reply reply = this.http.get("/v1/discovery-chain/" + this.name);
		assertThat(reply.index()).isOne();
		assertThat(reply.header("X-Consul-Effective-Consistency")).isEqualTo("leader");
		assertThat(reply.fields("/Chain")).containsExactly("ServiceName", "Namespace", "Datacenter", "Protocol",
				"StartNode", "Nodes", "Targets");
		String target = this.name + ".default.dc1";
		assertThat(reply.string("/Chain/Protocol")).isEqualTo("tcp");
		assertThat(reply.string("/Chain/StartNode")).isEqualTo("resolver:" + target);
		assertThat(reply.fields("/Chain/Nodes/resolver:" + target)).containsExactly("Type", "Name", "Resolver");
		assertThat(reply.string("/Chain/Nodes/resolver:" + target + "/Resolver/Target")).isEqualTo(target);
		assertThat(reply.fields("/Chain/Targets/" + target)).containsExactly("ID", "Service", "Namespace", "Datacenter",
				"MeshGateway", "Subset", "SNI", "Name");
		assertText(this.http.get("/v1/discovery-chain/"), 400, "Bad request: Missing chain name");
	}

	@Test
	void tellsWhatTheCacheAnswered() {
		registerNative();
		String path = "/v1/health/connect/" + this.name + "?cached";
		assertThat(this.http.get(path).header("X-Cache")).isEqualTo("MISS");
		Reply second = this.http.get(path);
		assertThat(second.header("X-Cache")).isEqualTo("HIT");
		assertThat(second.header("Age")).matches("\\d+");
		assertThat(second.json()).hasSize(1);
	}

	@Test
	void refusesAQuestionAboutHealth() {
		assertText(this.http.get("/v1/health/connect/"), 400, "Missing service name");
		assertText(this.http.get("/v1/health/connect/x?passing=zork"), 400, "Invalid value for ?passing");
		assertText(this.http.get("/v1/health/connect/x?cached&consistent"), 400,
				"Cannot specify ?cached with ?consistent, conflicting semantics.");
		assertText(this.http.get("/v1/health/connect/x?stale&consistent"), 400,
				"Cannot specify ?stale with ?consistent, conflicting semantics.");
		assertText(this.http.get("/v1/health/connect/x?ns=default"), 400,
				"Bad request: Invalid query parameter: \"ns\"");
		Reply elsewhere = this.http.get("/v1/health/connect/x?dc=elsewhere");
		assertText(elsewhere, 500, "No path to datacenter");
		assertThat(elsewhere.index()).isEqualTo(1);
		assertThat(elsewhere.header("X-Consul-Knownleader")).isEqualTo("false");
	}

	// Intentions

	private Reply intend(String source, String destination, String action) {
		return this.http.post(INTENTIONS, "{\"SourceName\":\"" + source + "\",\"DestinationName\":\"" + destination
				+ "\",\"Action\":\"" + action + "\"}");
	}

	@Test
	void keepsIntentions() {
		Reply created = intend("api", this.name, "allow");
		assertThat(created.status()).isEqualTo(200);
		assertThat(created.fields("")).containsExactly("ID");
		String path = INTENTIONS + "/" + created.string("/ID");
		Reply read = this.http.get(path);
		assertThat(read.fields("")).containsExactly("ID", "Description", "SourceNS", "SourceName", "DestinationNS",
				"DestinationName", "SourceType", "Action", "DefaultAddr", "DefaultPort", "Meta", "Precedence",
				"CreatedAt", "UpdatedAt", "Hash", "CreateIndex", "ModifyIndex");
		assertThat(read.json().get("Precedence").asInt()).isEqualTo(9);
		assertThat(read.string("/SourceNS")).isEqualTo("default");
		assertText(intend("api", this.name, "deny"), 500,
				"duplicate intention found: ALLOW default/api => default/NAME (ID: ");
		Reply put = this.http.put(path,
				"{\"SourceName\":\"api\",\"DestinationName\":\"" + this.name + "\",\"Action\":\"deny\"}");
		assertThat(put.string("/ID")).isEqualTo(created.string("/ID"));
		Reply changed = this.http.get(path);
		assertThat(changed.string("/Action")).isEqualTo("deny");
		assertThat(changed.string("/CreatedAt")).isEqualTo(read.string("/CreatedAt"));
		assertThat(changed.json().get("CreateIndex")).isEqualTo(read.json().get("CreateIndex"));
		assertThat(changed.json().get("ModifyIndex").asLong()).isGreaterThan(read.json().get("ModifyIndex").asLong());
		Reply deleted = this.http.call("DELETE", path);
		assertThat(deleted.text()).isEqualTo("true");
		assertText(this.http.get(path), 404, "Intention not found");
		assertText(this.http.call("DELETE", path), 500, "Cannot delete non-existent intention: '");
		assertText(this.http.put(path, "{\"SourceName\":\"a\",\"DestinationName\":\"b\",\"Action\":\"deny\"}"), 500,
				"Cannot modify non-existent intention: '");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', value = {
			"{'SourceName':'a*','DestinationName':'b','Action':'allow'} | 1 error occurred: * SourceName: wild",
			"{'SourceName':'a','DestinationName':'b','Action':'zork'} | 1 error occurred: * Action must be set",
			"{'SourceName':'a','Action':'allow'} | 1 error occurred: * DestinationName must be set",
			"{'DestinationName':'a','Action':'allow'} | 1 error occurred: * SourceName must be set",
			"{'SourceName':'a','DestinationName':'b','Permissions':[]} | Failed to decode request body: json: unk",
			"`` | Failed to decode request body: EOF",
			"{'ID':'x','SourceName':'a','DestinationName':'b','Action':'allow'} | ID must be empty when creating" })
	void refusesAnIntention(String body, String text) {
		assertText(this.http.post(INTENTIONS, body.replace('\'', '"')), 500, text);
	}

	@Test
	void refusesWhatIsNoIntention() {
		assertText(this.http.get(INTENTIONS + "/exact"), 400,
				"Bad request: failed intention lookup: index error: UUID must be 36 characters");
		assertText(this.http.get(INTENTIONS + "/zz111111-1111-1111-1111-111111111111"), 400,
				"Bad request: failed intention lookup: index error: Invalid UUID");
		assertText(this.http.get(INTENTIONS + "/11111111-1111-1111-1111-111111111111"), 404, "Intention not found");
		assertText(this.http.get(INTENTIONS + "/match?name=a"), 500, "required query parameter 'by' not set");
		assertText(this.http.get(INTENTIONS + "/match?by=source"), 500, "required query parameter 'name' not set");
		assertText(this.http.get(INTENTIONS + "/match?by=zork&name=a"), 500,
				"'by' parameter must be one of 'source' or 'destination'");
		assertText(this.http.get(INTENTIONS + "/check?source=a"), 500,
				"required query parameter 'destination' not set");
		assertText(this.http.get(INTENTIONS + "/check?destination=a"), 500,
				"required query parameter 'source' not set");
	}

	@Test
	void matchesIntentionsInTheOrderOfTheirPrecedence() {
		intend("*", this.name, "deny");
		intend("api", this.name, "allow");
		Reply reply = this.http
			.get(INTENTIONS + "/match?by=destination&name=" + this.name + "&name=default/" + this.name);
		assertThat(reply.header("X-Consul-Index")).isNull();
		assertThat(reply.header("X-Consul-Knownleader")).isNull();
		for (String key : List.of(this.name, "default/" + this.name)) {
			JsonNode matches = reply.json().get(key);
			assertThat(matches.get(0).get("SourceName").asString()).isEqualTo("api");
			assertThat(matches.get(0).get("Precedence").asInt()).isEqualTo(9);
			assertThat(matches.get(1).get("SourceName").asString()).isEqualTo("*");
			assertThat(matches.get(1).get("Precedence").asInt()).isEqualTo(8);
		}
		assertThat(this.http.get(INTENTIONS + "/check?source=api&destination=" + this.name).text())
			.isEqualToIgnoringWhitespace("{\"Allowed\":true}");
		assertThat(this.http.get(INTENTIONS + "/check?source=other&destination=" + this.name).text())
			.isEqualToIgnoringWhitespace("{\"Allowed\":false}");
	}

	@Test
	void matchesNothingAsNull() {
		Reply reply = this.http.get(INTENTIONS + "/match?by=destination&name=" + this.name);
		assertThat(reply.json().get(this.name).isNull()).isTrue();
		assertThat(this.http.get(INTENTIONS + "/check?source=a&destination=" + this.name).text())
			.isEqualToIgnoringWhitespace("{\"Allowed\":true}");
	}

	@Test
	void whenAnyIntentionIsWrittenThenWhoWaitsForAMatchIsTold() throws Exception {
		Reply list = this.http.get(INTENTIONS);
		assertThat(list.header("X-Consul-Knownleader")).isEqualTo("true");
		assertThat(list.header("X-Consul-Effective-Consistency")).isNull();
		CompletableFuture<Reply> waiting = this.http
			.getLater(INTENTIONS + "/match?by=destination&name=" + this.name + "&wait=30s&index=" + list.index());
		intend("a", this.name + "-other", "allow");
		assertThat(waiting.get(10, TimeUnit.SECONDS).status()).isEqualTo(200);
		assertThat(this.http.get(INTENTIONS).index()).isGreaterThan(list.index());
	}

	@Test
	void authorizesByIntentions() {
		intend("api", this.name, "deny");
		Reply denied = authorize("spiffe://any.consul/ns/default/dc/dc7/svc/api");
		assertThat(denied.fields("")).containsExactly("Authorized", "Reason");
		assertThat(denied.json().get("Authorized").asBoolean()).isFalse();
		assertThat(denied.string("/Reason"))
			.startsWith("Matched intention: DENY default/api => default/" + this.name + " (ID: ")
			.endsWith(", Precedence: 9)");
		assertThat(denied.header("X-Cache")).isEqualTo("MISS");
		Reply allowed = authorize("spiffe://any.consul/ns/default/dc/dc1/svc/other");
		assertThat(allowed.json().get("Authorized").asBoolean()).isTrue();
		assertThat(allowed.string("/Reason")).isEqualTo("ACLs disabled, access is allowed by default");
		assertThat(allowed.header("X-Cache")).isEqualTo("HIT");
	}

	private Reply authorize(String uri) {
		return this.http.post("/v1/agent/connect/authorize",
				"{\"Target\":\"" + this.name + "\",\"ClientCertURI\":\"" + uri + "\",\"ClientCertSerial\":\"04:00\"}");
	}

	@Test
	void refusesToAuthorize() {
		assertText(authorize("zork"), 400, "Bad request: ClientCertURI not a valid Connect identifier");
		assertText(authorize("spiffe://x.consul/ap/p/ns/default/dc/dc1/svc/a"), 400,
				"Bad request: ClientCertURI not a valid Connect identifier");
		assertText(authorize("spiffe://x.consul"), 400, "Bad request: ClientCertURI not a valid Service identifier");
		assertText(authorize("spiffe://x.consul/agent/client/dc/dc1/id/x"), 400,
				"Bad request: ClientCertURI not a valid Service identifier");
		String path = "/v1/agent/connect/authorize";
		assertText(this.http.post(path, "{}"), 400, "Bad request: Target service must be specified");
		assertText(this.http.post(path, ""), 400, "Bad request: Request decode failed: EOF");
		assertText(this.http.post(path, "{\"Zork\":1}"), 400,
				"Bad request: Request decode failed: json: unknown field \"Zork\"");
	}

	// Prepared queries

	@Test
	void executesAPreparedQuery() {
		registerNative();
		this.http.put("/v1/agent/check/pass/service:" + this.name + "-1");
		soon(() -> assertThat(this.http.get("/v1/health/connect/" + this.name + "?passing").json()).hasSize(1));
		String query = "{\"Name\":\"" + this.name + "\",\"Service\":{\"Service\":\"" + this.name + "\"}}";
		String id = this.http.post("/v1/query", query).string("/ID");
		assertText(this.http.post("/v1/query", query), 500, "name 'NAME' aliases an existing query name");
		for (String idOrName : List.of(this.name, id)) {
			Reply reply = this.http.get("/v1/query/" + idOrName + "/execute?connect=true");
			assertThat(reply.index()).isEqualTo(1);
			assertThat(reply.header("X-Consul-Effective-Consistency")).isEqualTo("leader");
			assertThat(reply.fields("")).containsExactly("Service", "Nodes", "DNS", "Datacenter", "Failovers", "Index",
					"LastContact", "KnownLeader", "ConsistencyLevel");
			assertThat(reply.string("/Nodes/0/Service/ID")).isEqualTo(this.name + "-1");
			assertThat(reply.string("/Datacenter")).isEqualTo("dc1");
		}
		assertThat(this.http.get("/v1/query/" + id).fields("/0/Service")).containsExactly("Service", "Failover",
				"OnlyPassing", "IgnoreCheckIDs", "Near", "Tags", "NodeMeta", "ServiceMeta", "Connect");
		this.http.put("/v1/agent/check/fail/service:" + this.name + "-1");
		soon(() -> assertThat(this.http.get("/v1/query/" + this.name + "/execute").json().get("Nodes")).isEmpty());
		assertThat(this.http.call("DELETE", "/v1/query/" + id).status()).isEqualTo(200);
		assertText(this.http.get("/v1/query/" + this.name + "/execute"), 404, "Query not found");
	}

	@Test
	void refusesAPreparedQuery() {
		assertText(this.http.post("/v1/query", "{\"Service\":{\"Zork\":1}}"), 400,
				"Request decode failed: json: unknown field \"Zork\"");
		assertText(this.http.post("/v1/query", "{\"Name\":\"q\"}"), 500,
				"Invalid prepared query: Must provide a Service name to query");
		assertText(this.http.get("/v1/query/zork/execute?connect=zork"), 500, "Error parsing 'connect' value");
		assertText(this.http.get("/v1/query/zork/execute"), 404, "Query not found");
	}

	// The agent itself

	@Test
	void tellsItsVersionAndItsLeader() {
		assertThat(this.http.get("/v1/agent/self").string("/Config/Version")).isEqualTo("1.8.7");
		assertThat(this.http.get("/v1/agent/self").string("/Config/Datacenter")).isEqualTo("dc1");
		assertThat(this.http.get("/v1/status/leader").text()).matches("\"127\\.0\\.0\\.1:\\d+\"");
	}

	@Test
	void refusesWhatIsNotThere() {
		for (String path : List.of("/v1/agent/version", "/v1/nope", "/v1/agent/services/")) {
			Reply reply = this.http.get(path);
			assertThat(reply.status()).as(path).isEqualTo(404);
			assertThat(reply.body()).isEmpty();
		}
		assertThat(this.http.call("OPTIONS", "/v1/peerings").status()).isEqualTo(404);
		Reply options = this.http.call("OPTIONS", REGISTER);
		assertThat(options.status()).isEqualTo(200);
		assertThat(options.header("Allow")).isEqualTo("OPTIONS,PUT");
		Reply get = this.http.get(REGISTER);
		assertText(get, 405, "method GET not allowed");
		assertThat(get.header("Allow")).isEqualTo("OPTIONS,PUT");
		assertThat(this.http.call("DELETE", INTENTIONS).header("Allow")).isEqualTo("OPTIONS,GET,POST");
	}

	@Test
	void anIdMayHoldASlash() {
		registered("{'Name':'NAME','ID':'NAME/1'}");
		assertThat(this.http.get("/v1/agent/service/" + this.name + "%2F1").string("/ID")).isEqualTo(this.name + "/1");
		assertThat(this.http.get("/v1/agent/service/" + this.name + "/1").status()).isEqualTo(200);
	}

	@Test
	void compressesWhenAsked() {
		Reply reply = this.http.call("GET", "/v1/agent/connect/ca/roots", "Accept-Encoding", "gzip");
		assertThat(reply.header("Content-Encoding")).isEqualTo("gzip");
		assertThatThrownBy(reply::json).isNotNull();
	}

}
