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
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;

import io.github.bootmesh.Destination;
import io.github.bootmesh.consul.AgentProxy;
import io.github.bootmesh.consul.AgentService;
import io.github.bootmesh.consul.CaRoots;
import io.github.bootmesh.consul.CheckStatus;
import io.github.bootmesh.consul.ConsulAnswer;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.ConsulConnection;
import io.github.bootmesh.consul.ConsulException;
import io.github.bootmesh.consul.ConsulQuery;
import io.github.bootmesh.consul.Leaf;
import io.github.bootmesh.consul.QueryResult;
import io.github.bootmesh.consul.ServiceDefinition;
import io.github.bootmesh.consul.ServiceEntry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What the mesh's own client reads from an agent, and what it makes an agent do. The same
 * tests run against a real one and against the development Consul.
 */
abstract class ConsulClientContract {

	private static final Duration LONG = Duration.ofSeconds(30);

	private final String name = "s" + UUID.randomUUID().toString().substring(0, 8);

	private final Destination destination = Destination.service(this.name);

	private final LoopResources loops = LoopResources.create("contract", 1, true);

	private ConsulClient client;

	abstract URI url();

	@BeforeEach
	void connect() {
		this.client = client(null);
	}

	@AfterEach
	void disconnect() {
		this.client.close();
		this.loops.disposeLater(Duration.ZERO, Duration.ofSeconds(5)).block(LONG);
	}

	private ConsulClient client(@Nullable String namespace) {
		return new ConsulClient(new ConsulConnection(url(), () -> null, null, null, null, namespace, null, false),
				this.loops);
	}

	private static <T> T get(Mono<T> answer) {
		return Objects.requireNonNull(answer.block(LONG));
	}

	private void register(int port) {
		this.client.register(
				new ServiceDefinition(this.name + "-1", this.name, "127.0.0.1", port, List.of("a", "b"),
						Map.of("v", "1"), new ServiceEntry.Weights(3, 2), true, new ServiceDefinition.TtlCheck(
								"service:" + this.name + "-1", "ready", Duration.ofSeconds(30), Duration.ofMinutes(1))),
				CheckStatus.CRITICAL)
			.block(LONG);
		Awaitility.await().atMost(LONG).until(() -> !instances().body().isEmpty());
	}

	private ConsulAnswer<List<ServiceEntry>> instances() {
		return get(this.client.connectInstances(this.destination, ConsulQuery.NOW));
	}

	@Test
	void registersASidecarThatFollowsItsService() {
		String id = this.name + "-1";
		this.client.register(
				new ServiceDefinition(id, this.name, "127.0.0.1", 8080, List.of(), Map.of(),
						new ServiceEntry.Weights(3, 2), false, new ServiceDefinition.TtlCheck("service:" + id, "ready",
								Duration.ofSeconds(30), Duration.ofMinutes(1)))
					.withSidecar(20000),
				CheckStatus.CRITICAL)
			.block(LONG);
		Awaitility.await().atMost(LONG).until(() -> instances().body().size() == 1);
		ServiceEntry.Service sidecar = instances().body().get(0).service();
		assertThat(sidecar.kind()).isEqualTo("connect-proxy");
		assertThat(sidecar.id()).isEqualTo(id + "-sidecar-proxy");
		assertThat(sidecar.port()).isEqualTo(20000);
		assertThat(sidecar.proxyDestination()).isEqualTo(this.name);
		assertThat(sidecar.weights()).isEqualTo(new ServiceEntry.Weights(3, 2));
		assertThat(get(this.client.agentService(id + "-sidecar-proxy", ConsulQuery.NOW)).body().port())
			.isEqualTo(20000);
		for (CheckStatus status : List.of(CheckStatus.PASSING, CheckStatus.WARNING, CheckStatus.CRITICAL)) {
			turn(status);
			Awaitility.await()
				.atMost(LONG)
				.untilAsserted(() -> assertThat(instances().body().get(0).checks()).contains(new ServiceEntry.Check(
						"service:" + id + "-sidecar-proxy", status.name().toLowerCase(Locale.ROOT))));
		}
	}

	private void turn(CheckStatus status) {
		this.client.updateCheck("service:" + this.name + "-1", status, "as told").block(LONG);
	}

	@Test
	void readsRootsAndALeafThatLeadsToThem() {
		ConsulAnswer<CaRoots> roots = get(this.client.caRoots(ConsulQuery.NOW));
		assertThat(roots.index()).isPositive();
		assertThat(roots.defaultAclPolicy()).isNull();
		CaRoots.Root active = roots.body().roots().stream().filter(CaRoots.Root::active).findFirst().orElseThrow();
		assertThat(active.id()).isEqualTo(roots.body().activeRootId());
		ConsulAnswer<Leaf> leaf = get(this.client.leaf(this.name, ConsulQuery.NOW));
		assertThat(leaf.index()).isPositive();
		assertThat(leaf.body().service()).isEqualTo(this.name);
		assertThat(leaf.body().serviceUri())
			.isEqualTo("spiffe://" + roots.body().trustDomain() + "/ns/default/dc/dc1/svc/" + this.name);
		assertThat(leaf.body().validAfter()).isBefore(Instant.now());
		assertThat(leaf.body().validBefore()).isAfter(Instant.now());
		assertThat(Pems.leadsTo(Pems.certificates(active.rootCert()).get(0), Pems.certificates(leaf.body().certPem())))
			.isTrue();
		assertThat(Pems.keys(leaf.body().privateKeyPem()).getPublic())
			.isEqualTo(Pems.certificates(leaf.body().certPem()).get(0).getPublicKey());
	}

	@Test
	void blocksOnRootsUntilTheyRotate() throws Exception {
		ConsulAnswer<CaRoots> before = get(this.client.caRoots(ConsulQuery.NOW));
		CompletableFuture<ConsulAnswer<CaRoots>> next = this.client.caRoots(ConsulQuery.after(before.index(), LONG))
			.toFuture();
		new RawHttp(url()).put("/v1/connect/ca/configuration", "{\"Provider\":\"consul\",\"Config\":{\"PrivateKey\":\""
				+ Pems.newKeyForConfiguration() + "\",\"RootCert\":\"\",\"LeafCertTTL\":\"72h\"}}");
		ConsulAnswer<CaRoots> after = next.get(20, TimeUnit.SECONDS);
		assertThat(after.index()).isGreaterThan(before.index());
		assertThat(after.body().roots()).hasSize(before.body().roots().size() + 1);
		assertThat(after.body().roots().stream().filter(CaRoots.Root::active)).singleElement()
			.satisfies((root) -> assertThat(root.intermediateCerts()).hasSize(1));
	}

	@Test
	void blocksForTheWaitAndReadsTheSame() {
		ConsulAnswer<Leaf> before = get(this.client.leaf(this.name, ConsulQuery.NOW));
		ConsulAnswer<Leaf> after = get(
				this.client.leaf(this.name, ConsulQuery.after(before.index(), Duration.ofMillis(300))));
		assertThat(after.index()).isEqualTo(before.index());
		assertThat(after.body().certPem()).isEqualTo(before.body().certPem());
	}

	@Test
	void registersAnInstanceThatOthersFind() {
		register(5432);
		ConsulAnswer<List<ServiceEntry>> found = instances();
		assertThat(found.index()).isPositive();
		assertThat(found.body()).singleElement().satisfies((entry) -> {
			assertThat(entry.node().datacenter()).isEqualTo("dc1");
			assertThat(entry.node().address()).isEqualTo("127.0.0.1");
			ServiceEntry.Service service = entry.service();
			assertThat(service.kind()).isEmpty();
			assertThat(service.id()).isEqualTo(this.name + "-1");
			assertThat(service.service()).isEqualTo(this.name);
			assertThat(service.address()).isEqualTo("127.0.0.1");
			assertThat(service.port()).isEqualTo(5432);
			assertThat(service.weights()).isEqualTo(new ServiceEntry.Weights(3, 2));
			assertThat(service.connectNative()).isTrue();
			assertThat(service.proxyDestination()).isNull();
			assertThat(service.meta()).containsExactly(Map.entry("v", "1"));
			assertThat(entry.checks()).extracting(ServiceEntry.Check::checkId, ServiceEntry.Check::status)
				.containsExactly(org.assertj.core.groups.Tuple.tuple("serfHealth", "passing"),
						org.assertj.core.groups.Tuple.tuple("service:" + this.name + "-1", "critical"));
		});
		this.client.deregister(this.name + "-1").block(LONG);
		this.client.deregister(this.name + "-1").block(LONG);
		Awaitility.await().atMost(LONG).until(() -> instances().body().isEmpty());
	}

	@Test
	void turnsTheCheckOfAnInstance() throws Exception {
		register(1);
		CompletableFuture<ConsulAnswer<List<ServiceEntry>>> watched = this.client
			.connectInstances(this.destination, ConsulQuery.after(instances().index(), LONG))
			.toFuture();
		for (CheckStatus status : CheckStatus.values()) {
			turn(status);
			assertThat(get(this.client.agentHealth(this.name + "-1"))).isEqualTo(status);
		}
		assertThat(watched.get(20, TimeUnit.SECONDS).body().get(0).checks().get(1).status()).isNotEqualTo("critical");
	}

	@Test
	void readsAServiceAndWaitsForItsChange() throws Exception {
		register(1);
		ConsulAnswer<AgentService> service = get(this.client.agentService(this.name + "-1", ConsulQuery.NOW));
		assertThat(service.body().address()).isEqualTo("127.0.0.1");
		assertThat(service.body().port()).isEqualTo(1);
		String hash = Objects.requireNonNull(service.hash());
		CompletableFuture<ConsulAnswer<AgentService>> next = this.client
			.agentService(this.name + "-1", ConsulQuery.afterHash(hash, LONG))
			.toFuture();
		register(2);
		assertThat(next.get(20, TimeUnit.SECONDS).body().port()).isEqualTo(2);
	}

	@Test
	void readsTheUpstreamsOfAProxyAndWaitsForTheirChange() throws Exception {
		registerProxy("{'DestinationName':'ledger','LocalBindPort':9191}");
		ConsulAnswer<AgentService> before = get(this.client.agentService(this.name + "-proxy", ConsulQuery.NOW));
		AgentProxy proxy = Objects.requireNonNull(before.body().proxy());
		assertThat(proxy.destination()).isEqualTo(this.name);
		assertThat(proxy.upstreams()).containsExactly(
				new AgentProxy.Upstream("service", "ledger", "", "", "", "", "", 9191, "", "", null, false));
		CompletableFuture<ConsulAnswer<AgentService>> next = this.client
			.agentService(this.name + "-proxy", ConsulQuery.afterHash(Objects.requireNonNull(before.hash()), LONG))
			.toFuture();
		registerProxy("{'DestinationType':'prepared_query','DestinationName':'near','Datacenter':'dc2',"
				+ "'LocalBindAddress':'127.0.0.2','LocalBindPort':9192,'MeshGateway':{'Mode':'local'},"
				+ "'Config':{'connect_timeout_ms':500}}");
		AgentProxy changed = Objects.requireNonNull(next.get(20, TimeUnit.SECONDS).body().proxy());
		assertThat(changed.upstreams()).containsExactly(new AgentProxy.Upstream("prepared_query", "near", "dc2", "", "",
				"", "127.0.0.2", 9192, "", "local", Duration.ofMillis(500), false));
		register(1);
		assertThat(get(this.client.agentService(this.name + "-1", ConsulQuery.NOW)).body().proxy()).isNull();
	}

	private void registerProxy(String upstream) {
		String proxy = "{'Name':'" + this.name + "-proxy','Kind':'connect-proxy','Port':1,'Proxy':{"
				+ "'DestinationServiceName':'" + this.name + "','Upstreams':[" + upstream + "]}}";
		assertThat(new RawHttp(url()).put("/v1/agent/service/register", proxy.replace('\'', '"')).status())
			.isEqualTo(200);
	}

	@Test
	void takesAServiceThatNobodyHasDescribedForOneOfAnyProtocol() {
		assertThat(get(this.client.serviceProtocol(this.destination))).isEqualTo("tcp");
	}

	@Test
	void tellsWhatIsNotThere() {
		assertThatExceptionOfType(ConsulException.NotFound.class)
			.isThrownBy(() -> get(this.client.agentService(this.name, ConsulQuery.NOW)));
		assertThatExceptionOfType(ConsulException.NotFound.class)
			.isThrownBy(() -> get(this.client.agentHealth(this.name)));
		assertThatExceptionOfType(ConsulException.NotFound.class)
			.isThrownBy(() -> this.client.updateCheck(this.name, CheckStatus.PASSING, "").block(LONG));
		assertThatExceptionOfType(ConsulException.NotFound.class)
			.isThrownBy(() -> get(this.client.executeQuery(Destination.preparedQuery(this.name), ConsulQuery.NOW)));
		assertThat(instances().body()).isEmpty();
	}

	@Test
	void tellsWhyItIsRefused() {
		assertThatExceptionOfType(ConsulException.Server.class).isThrownBy(
				() -> get(this.client.connectInstances(this.destination.inDatacenter("elsewhere"), ConsulQuery.NOW)))
			.withMessageContaining("No path to datacenter");
		ConsulClient enterprise = client("default");
		assertThatExceptionOfType(ConsulException.Invalid.class)
			.isThrownBy(() -> get(enterprise.leaf(this.name, ConsulQuery.NOW)))
			.withMessageContaining("Namespaces are a Consul Enterprise feature");
		enterprise.close();
	}

	@Test
	void executesAPreparedQuery() {
		register(5432);
		turn(CheckStatus.PASSING);
		new RawHttp(url()).post("/v1/query",
				"{\"Name\":\"" + this.name + "\",\"Service\":{\"Service\":\"" + this.name + "\"}}");
		Awaitility.await().atMost(LONG).untilAsserted(() -> {
			ConsulAnswer<QueryResult> result = get(
					this.client.executeQuery(Destination.preparedQuery(this.name), ConsulQuery.NOW));
			assertThat(result.body().service()).isEqualTo(this.name);
			assertThat(result.body().datacenter()).isEqualTo("dc1");
			assertThat(result.body().nodes()).singleElement()
				.satisfies((entry) -> assertThat(entry.service().port()).isEqualTo(5432));
		});
	}

	@Test
	void readsFromTheCacheOfTheAgent() {
		register(1);
		for (int i = 0; i < 2; i++) {
			assertThat(get(this.client.connectInstances(this.destination, ConsulQuery.CACHED)).body()).hasSize(1);
		}
	}

}
