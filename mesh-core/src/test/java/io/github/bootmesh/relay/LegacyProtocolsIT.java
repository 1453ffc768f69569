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

package io.github.bootmesh.relay;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

import io.lettuce.core.Range;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.internal.HostAndPort;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.resource.MappingSocketAddressResolver;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import io.github.bootmesh.testing.JmxProgram;
import io.github.bootmesh.testing.Redis;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Protocols in which a server tells its clients what to dial next, each with the mapping
 * that keeps them inside of the mesh. The servers have an address of their own, so that
 * the same port is free where the upstreams are.
 */
class LegacyProtocolsIT {

	private static final String ELSEWHERE = "127.0.0.2";

	private static final int BUS = 10_000;

	private final RelayTestbed testbed = new RelayTestbed();

	private final Map<HostAndPort, HostAndPort> mapping = new HashMap<>();

	private final Path directory;

	LegacyProtocolsIT(@TempDir Path directory) {
		this.directory = directory;
	}

	@AfterEach
	void close() throws Exception {
		this.testbed.close();
	}

	private UpstreamListener upstream(String service, int port, int localPort) throws IOException {
		this.testbed.serve(service, new InetSocketAddress(ELSEWHERE, port));
		UpstreamListener upstream = this.testbed.upstream(service,
				new InetSocketAddress(RelayTestbed.ANY_PORT.getAddress(), localPort));
		this.mapping.put(HostAndPort.of(ELSEWHERE, port), HostAndPort.of("127.0.0.1", AgentTestbed.port(upstream)));
		return upstream;
	}

	// One whose bus is free as well.
	private static int port() throws IOException {
		try (ServerSocket bus = new ServerSocket(0, 1, RelayTestbed.ANY_PORT.getAddress())) {
			return bus.getLocalPort() - BUS;
		}
	}

	private ClientResources mapped() {
		ClientResources resources = DefaultClientResources.builder()
			.socketAddressResolver(
					MappingSocketAddressResolver.create((HostAndPort named) -> this.mapping.getOrDefault(named, named)))
			.build();
		this.testbed.start(() -> resources.shutdown(0, 10, TimeUnit.SECONDS).get());
		return resources;
	}

	@Test
	void whenAClusterNamesItsNodesThenTheClientMapsThemToUpstreams() throws Exception {
		List<Integer> nodes = cluster();
		List<UpstreamListener> upstreams = new ArrayList<>();
		for (int node : nodes) {
			upstreams.add(upstream("node-" + node, node, 0));
		}
		RedisClusterClient client = RedisClusterClient.create(mapped(), RedisURI.create(ELSEWHERE, nodes.get(0)));
		this.testbed.start(() -> client.shutdown(0, 10, TimeUnit.SECONDS));
		assertServes(client, upstreams);
	}

	@Test
	void whenAClusterAnnouncesTheHostOfTheClientThenItsNodesAreUpstreamsOfTheSamePorts() throws Exception {
		List<Integer> nodes = cluster("--cluster-announce-hostname", "localhost", "--cluster-preferred-endpoint-type",
				"hostname");
		List<UpstreamListener> upstreams = new ArrayList<>();
		for (int node : nodes) {
			upstreams.add(upstream("node-" + node, node, node));
		}
		RedisClusterClient client = RedisClusterClient.create(RedisURI.create("localhost", nodes.get(0)));
		this.testbed.start(() -> client.shutdown(0, 10, TimeUnit.SECONDS));
		assertServes(client, upstreams);
	}

	private static void assertServes(RedisClusterClient client, List<UpstreamListener> upstreams) {
		try (StatefulRedisClusterConnection<String, String> connection = client.connect()) {
			for (int i = 0; i < 100; i++) {
				connection.sync().set("entry-" + i, String.valueOf(i));
			}
			for (int i = 0; i < 100; i++) {
				assertThat(connection.sync().get("entry-" + i)).isEqualTo(String.valueOf(i));
			}
			for (UpstreamListener upstream : upstreams) {
				assertThat(upstream.status().sent()).isGreaterThan(100);
				assertThat(upstream.status().failures()).isEmpty();
			}
		}
	}

	private List<Integer> cluster(String... settings) throws IOException {
		List<Integer> ports = new ArrayList<>();
		List<RedisCommands<String, String>> nodes = new ArrayList<>();
		try (RedisClient client = RedisClient.create()) {
			for (int i = 0; i < 3; i++) {
				int port = port();
				List<String> all = new ArrayList<>(List.of("--cluster-enabled", "yes", "--cluster-announce-ip",
						ELSEWHERE, "--cluster-config-file", this.directory.resolve("node-" + i).toString()));
				all.addAll(List.of(settings));
				this.testbed.start(Redis.start(ELSEWHERE, port, all.toArray(String[]::new)));
				ports.add(port);
				nodes.add(client.connect(RedisURI.create(ELSEWHERE, port)).sync());
				nodes.get(i)
					.clusterAddSlotsRange(
							Range.create(i * SlotHash.SLOT_COUNT / 3, (i + 1) * SlotHash.SLOT_COUNT / 3 - 1));
				nodes.get(i).clusterSetConfigEpoch(i + 1L);
			}
			for (int i = 0; i < ports.size(); i++) {
				for (int port : ports.subList(0, i)) {
					nodes.get(i).clusterMeet(ELSEWHERE, port);
				}
			}
			Awaitility.await()
				.atMost(RelayTestbed.PATIENCE)
				.untilAsserted(() -> assertThat(nodes).allSatisfy((node) -> assertThat(node.clusterInfo())
					.contains("cluster_state:ok", "cluster_known_nodes:3")));
		}
		return ports;
	}

	@Test
	void whenASentinelNamesTheMasterThenTheClientMapsItToAnUpstream() throws Exception {
		int master = port();
		int sentinel = port();
		Path configuration = Files.writeString(this.directory.resolve("sentinel.conf"),
				"sentinel monitor ledger %s %d 1%n".formatted(ELSEWHERE, master));
		this.testbed.start(Redis.start(ELSEWHERE, master));
		this.testbed.start(Redis.sentinel(configuration, ELSEWHERE, sentinel));
		UpstreamListener toMaster = upstream("ledger", master, 0);
		UpstreamListener toSentinel = upstream("sentinel", sentinel, 0);
		RedisClient client = RedisClient.create(mapped(),
				RedisURI.Builder.sentinel("127.0.0.1", AgentTestbed.port(toSentinel), "ledger").build());
		this.testbed.start(() -> client.shutdown(0, 10, TimeUnit.SECONDS));
		try (StatefulRedisConnection<String, String> connection = client.connect()) {
			connection.sync().set("entry", "17");
			assertThat(connection.sync().get("entry")).isEqualTo("17");
			assertThat(toMaster.status().connections()).isOne();
			assertThat(toSentinel.status().received()).isPositive();
		}
	}

	@SuppressWarnings("BanJNDI")
	@Test
	void whenRmiHasOnePortAndAnnouncesTheHostOfTheClientThenJmxIsAnUpstreamOfTheSamePort() throws Exception {
		int port = port();
		JmxProgram program = this.testbed.start(JmxProgram.start(ELSEWHERE, port, "127.0.0.1"));
		UpstreamListener upstream = upstream("managed", port, port);
		try (JMXConnector connector = JMXConnectorFactory
			.connect(new JMXServiceURL("service:jmx:rmi:///jndi/rmi://127.0.0.1:" + port + "/jmxrmi"))) {
			MBeanServerConnection beans = connector.getMBeanServerConnection();
			assertThat(beans.getAttribute(new ObjectName(ManagementFactory.RUNTIME_MXBEAN_NAME), "Pid"))
				.isEqualTo(program.pid());
			assertThat(upstream.status().connections()).isPositive();
			assertThat(upstream.status().failures()).isEmpty();
		}
	}

}
