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

package io.github.bootmesh.autoconfigure.server;

import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.netty.http.HttpProtocol;

import io.github.bootmesh.identity.TestIdentities;
import io.github.bootmesh.testing.TestCa;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Requests of HTTP/2 that none of HTTP/1.1 could be made of.
 */
class MalformedStreamsTests {

	private static final TestCa CA = TestCa.create("11111111-2222-3333-4444-555555555555.consul");

	private static final Duration WAIT = Duration.ofSeconds(20);

	private static final List<String> MALFORMED = List.of("/a b", "/a\r\nx: y", "/a\nb", " ");

	private final Queue<String> leaks = new ConcurrentLinkedQueue<>();

	private final TestIdentities identities = TestIdentities.of(CA, "web");

	private final TestServer server = TestServer.start(this.identities, "server.http2.enabled=true");

	@AfterEach
	void close() {
		ByteBufUtil.setLeakListener(null);
		this.server.close();
		this.identities.close();
	}

	@Test
	void whenAPeerSendsMalformedStreamsThenTheyAreResetAndNothingIsLeftOfThem() {
		assertThat(ResourceLeakDetector.getLevel()).isEqualTo(ResourceLeakDetector.Level.PARANOID);
		ByteBufUtil.setLeakListener((type, records) -> this.leaks.add(records));
		for (int i = 0; i < 10; i++) {
			for (String path : MALFORMED) {
				assertThat(request("GET", path)).as(path).isZero();
			}
			assertThat(request("G T", "/peer")).isZero();
			assertThat(reset(":method", "CONNECT")).isZero();
			assertThat(reset(":method", "connect", ":scheme", "https", ":path", "/peer")).isZero();
			assertThat(reset(":method", "connect", ":scheme", "https", ":path", "/peer", ":authority", "a b")).isZero();
			assertThat(reset(":status", "200")).isZero();
			assertThat(reset(":status", "100")).isZero();
		}
		try (TestClient client = TestClient.of(CA.leaf("client"), HttpProtocol.H2)) {
			assertThat(client.get(this.server.port(), "/peer").block(WAIT)).endsWith("/client");
		}
		for (int i = 0; i < 20; i++) {
			System.gc();
			UnpooledByteBufAllocator.DEFAULT.buffer().release();
		}
		assertThat(this.leaks).noneMatch((records) -> records.contains("Http2"));
		Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> this.server.tls().connections().inbound() == 0);
	}

	private int request(String method, String path) {
		return reset(":method", method, ":scheme", "https", ":path", path, ":authority", "web");
	}

	private int reset(String... fields) {
		return RawClient.http2Status(this.server.port(), CA.leaf("client"), fields);
	}

}
