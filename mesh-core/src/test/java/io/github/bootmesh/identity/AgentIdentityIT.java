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

package io.github.bootmesh.identity;

import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.netty.resources.LoopResources;

import io.github.bootmesh.SpiffeId;
import io.github.bootmesh.consul.ConsulClient;
import io.github.bootmesh.consul.ConsulConnection;
import io.github.bootmesh.consul.WatchStatus;
import io.github.bootmesh.consul.Watches;
import io.github.bootmesh.testing.ConsulAgent;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The identity from a real Consul, with ACLs on.
 */
class AgentIdentityIT {

	// Consul renews a leaf within 30 s of a rotation.
	private static final Duration PATIENCE = Duration.ofSeconds(90);

	private final ConsulAgent agent = ConsulAgent.start(ConsulAgent.Options::acls);

	private final String token = this.agent.serviceToken("orders");

	private final LoopResources loops = LoopResources.create("identity-it", 1, true);

	private final ConsulClient consul = new ConsulClient(
			new ConsulConnection(this.agent.uri(), () -> this.token, null, null, null, null, null, false), this.loops);

	private final Watches watches = new Watches();

	private final List<MeshIdentity> identities = new ArrayList<>();

	@AfterEach
	void close() {
		this.identities.forEach(MeshIdentity::close);
		this.watches.close();
		this.consul.close();
		this.agent.close();
		this.loops.disposeLater(Duration.ZERO, Duration.ofSeconds(5)).block();
	}

	@Test
	void theIdentityIsThatOfTheServiceAndSurvivesRotationAndAgentRestart() {
		MeshIdentity identity = start("orders");
		awaitTrue(() -> identity.status().usable());
		IdentityGeneration first = identity.current();
		assertThat(first.spiffeId())
			.isEqualTo(new SpiffeId(this.agent.trustDomain(), "default", "default", "dc1", "orders"));
		this.agent.rotateRoot();
		awaitTrue(() -> identity.current().roots().size() == 2);
		awaitTrue(() -> !identity.current().chain().get(0).equals(first.chain().get(0)));
		IdentityGeneration rotated = identity.current();
		assertThat(rotated.chain()).hasSize(2);
		assertThat(identity.status().rejections()).isEmpty();
		this.agent.kill();
		awaitTrue(() -> this.watches.statuses().stream().allMatch((watch) -> watch.state() == WatchStatus.State.STALE));
		assertThat(identity.current()).isSameAs(rotated);
		this.agent.startAgain();
		awaitTrue(
				() -> this.watches.statuses().stream().allMatch((watch) -> watch.state() == WatchStatus.State.CURRENT));
		assertThat(identity.status().usable()).isTrue();
		assertThat(identity.status().rejections()).isEmpty();
	}

	@Test
	void aLeafFromTheAgentsCacheThatTheOldRootSignedIsWithheldAndReplaced() {
		MeshIdentity before = start("orders");
		MeshIdentity after = startAfterRotation(before);
		// Now and then the agent has renewed the leaf by the time it is asked.
		for (int tries = 1; tries < 5 && after.status().rejections().isEmpty(); tries++) {
			before = after;
			after = startAfterRotation(before);
		}
		assertThat(after.status().rejections()).containsOnlyKeys("stale");
		X509Certificate old = Objects.requireNonNull(before.status().generation()).chain().get(0);
		MeshIdentity renewed = after;
		awaitTrue(() -> renewed.status().usable() && !renewed.current().chain().get(0).equals(old));
		assertThat(renewed.current().chain()).hasSize(2);
	}

	private MeshIdentity startAfterRotation(MeshIdentity before) {
		awaitTrue(() -> before.status().usable());
		before.close();
		this.agent.rotateRoot();
		MeshIdentity after = start("orders");
		awaitTrue(() -> after.status().rejections().containsKey("stale") || after.status().usable());
		return after;
	}

	@Test
	void aTokenThatMayNotHaveTheIdentityIsNamedByTheWatch() {
		MeshIdentity identity = start("billing");
		awaitTrue(() -> this.watches.statuses()
			.stream()
			.anyMatch((watch) -> watch.name().equals("leaf:billing")
					&& String.valueOf(watch.problem()).contains("Permission denied")));
		assertThat(identity.status().usable()).isFalse();
		assertThat(identity.status() + this.watches.statuses().toString()).doesNotContain(this.token);
	}

	private MeshIdentity start(String service) {
		MeshIdentity identity = new MeshIdentity(new AgentIdentitySource(this.consul, this.watches, service),
				TestIdentities.expectation(service), Clock.systemUTC());
		this.identities.add(identity);
		identity.start();
		return identity;
	}

	private static void awaitTrue(Callable<Boolean> condition) {
		Awaitility.await().atMost(PATIENCE).until(condition);
	}

}
