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

package io.github.bootmesh.testing;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * A JVM that does nothing but be managed by JMX, without a password.
 */
public final class JmxProgram implements AutoCloseable {

	private final PeerProcess process;

	private JmxProgram(PeerProcess process) {
		this.process = process;
	}

	/**
	 * Starts one whose registry and RMI server listen on one port of one address.
	 * @param announced the host that it tells its clients to dial
	 */
	public static JmxProgram start(String address, int port, String announced) {
		PeerProcess process = PeerProcess.start("jmx",
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
						"-Dcom.sun.management.jmxremote.host=" + address, "-Dcom.sun.management.jmxremote.port=" + port,
						"-Dcom.sun.management.jmxremote.rmi.port=" + port,
						"-Dcom.sun.management.jmxremote.authenticate=false", "-Dcom.sun.management.jmxremote.ssl=false",
						"-Djava.rmi.server.hostname=" + announced, "-cp", classes(), JmxProgram.class.getName()));
		process.awaitReady(() -> PeerProcess.accepts(address, port));
		return new JmxProgram(process);
	}

	public long pid() {
		return this.process.pid();
	}

	private static String classes() {
		try {
			return Path.of(JmxProgram.class.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
		}
		catch (URISyntaxException ex) {
			throw new IllegalStateException(ex);
		}
	}

	public static void main(String[] args) throws InterruptedException {
		new CountDownLatch(1).await();
	}

	@Override
	public void close() {
		this.process.close();
	}

}
