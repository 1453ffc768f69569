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

package io.github.bootmesh.dev.autoconfigure;

import java.io.IOException;
import java.net.BindException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.github.bootmesh.dev.DefaultPolicy;
import io.github.bootmesh.dev.DevConsul;
import io.github.bootmesh.dev.DevConsulSettings;

/**
 * The development Consul at one port of this machine. The first process to come hosts it,
 * others join. When the host goes away, one of those that joined takes its place within a
 * second or so: with another root, without services and intentions, but with the same
 * trust domain. So the applications fetch a new identity and register again by
 * themselves; calls between them may fail until each has done so, and intentions have to
 * be made again.
 * <p>
 * The applications in one JVM share one object, kept in a static field: this class comes
 * from a jar, so that it and the field live outside of the class loader that DevTools
 * throw away. A DevTools restart therefore keeps services, intentions and the CA. (Where
 * the jar is a project in the IDE, DevTools may reload it, and the state is lost.)
 */
final class SharedDevConsul {

	private static final Logger logger = LoggerFactory.getLogger(DevConsul.class);

	private static final Map<Integer, SharedDevConsul> RUNNING = new HashMap<>();

	private static final int TRIES = 5;

	private static final int PROBE_MILLIS = 2000;

	private static final long LOOK_MILLIS = 1000;

	private final int port;

	private final URI url;

	private final DefaultPolicy defaultPolicy;

	private boolean kept;

	private int users;

	private volatile @Nullable DevConsul hosted;

	private final @Nullable ScheduledExecutorService lookout;

	private final @Nullable Future<?> looking;

	private SharedDevConsul(int port, @Nullable DefaultPolicy wanted) {
		this.port = port;
		Place place = hostOrJoin(port, wanted);
		this.hosted = place.hosted();
		this.defaultPolicy = place.defaultPolicy();
		require(wanted);
		DevConsul own = this.hosted;
		this.url = (own != null) ? own.url() : URI.create("http://127.0.0.1:" + port);
		this.lookout = (own != null) ? null : Executors.newSingleThreadScheduledExecutor(SharedDevConsul::daemon);
		this.looking = (this.lookout != null) ? this.lookout.scheduleWithFixedDelay(this::takeOverFromTheDead,
				LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS) : null;
	}

	/**
	 * Hosts or joins the Consul at a port, unless this JVM has done so before.
	 * @param port the port, 0 for a free one that only this JVM knows
	 * @param kept whether it stays until the JVM ends, for a DevTools restart
	 * @param wanted what is to hold where no intention decides, {@code null} if that does
	 * not matter
	 * @return the Consul, to be {@linkplain #release() released}
	 */
	static SharedDevConsul acquire(int port, boolean kept, @Nullable DefaultPolicy wanted) {
		synchronized (RUNNING) {
			SharedDevConsul consul = RUNNING.computeIfAbsent(port, (key) -> new SharedDevConsul(key, wanted));
			consul.require(wanted);
			consul.users++;
			consul.kept |= kept;
			return consul;
		}
	}

	/**
	 * Gives it back; the last one ends what this JVM hosts.
	 */
	void release() {
		synchronized (RUNNING) {
			this.users--;
			if (this.users == 0 && !this.kept) {
				RUNNING.remove(this.port);
				close();
			}
		}
	}

	/**
	 * Ends what this JVM hosts or has joined at a port, even what is kept.
	 * @param port the port
	 */
	static void end(int port) {
		synchronized (RUNNING) {
			SharedDevConsul consul = RUNNING.remove(port);
			if (consul != null) {
				consul.close();
			}
		}
	}

	URI url() {
		return this.url;
	}

	boolean isHostedHere() {
		return this.hosted != null;
	}

	// Two answers to the question what holds by default would be a matter of who came
	// first.
	private void require(@Nullable DefaultPolicy wanted) {
		if (wanted != null && wanted != this.defaultPolicy) {
			throw new DevConsulRefusedException(
					"The development Consul at port " + this.port + " has the default intention policy '"
							+ this.defaultPolicy + "', and this application asks for '" + wanted + "'.",
					"Give all applications that share the development Consul the same "
							+ "'bootmesh.dev.default-intention-policy', or only the one that starts first.");
		}
	}

	private void close() {
		if (this.lookout != null && this.looking != null) {
			this.looking.cancel(false);
			this.lookout.shutdown();
			awaitEnd(this.lookout);
		}
		if (this.hosted != null) {
			this.hosted.close();
		}
	}

	private static void awaitEnd(ScheduledExecutorService executor) {
		try {
			executor.awaitTermination(2 * PROBE_MILLIS, TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private static Place hostOrJoin(int port, @Nullable DefaultPolicy wanted) {
		DefaultPolicy own = Objects.requireNonNullElse(wanted, DefaultPolicy.ALLOW);
		for (int left = TRIES; left > 0; left--) {
			DevConsul hosted = host(port, own);
			if (hosted != null) {
				return new Place(hosted, own);
			}
			DefaultPolicy other = policyOfDevConsul(port);
			if (other != null) {
				return new Place(null, other);
			}
		}
		throw new DevConsulRefusedException(
				"Port " + port + " of this machine is taken by another program, "
						+ "so the development Consul cannot listen there.",
				"Stop that program, or give all applications that share the development Consul another port "
						+ "in 'bootmesh.dev.port'.");
	}

	private static @Nullable DevConsul host(int port, DefaultPolicy policy) {
		DevConsulSettings settings = DevConsulSettings.DEFAULTS.withPort(port).withDefaultIntentionPolicy(policy);
		try {
			return DevConsul.start((port != 0) ? settings.withTrustDomain(trustDomain(port)) : settings);
		}
		catch (RuntimeException ex) {
			if (Stream.<Throwable>iterate(ex, (cause) -> cause != null, Throwable::getCause)
				.anyMatch(BindException.class::isInstance)) {
				return null;
			}
			throw ex;
		}
	}

	// The same for each host of this port, so that no application has to give up its own.
	static String trustDomain(int port) {
		String seed = "bootmesh-dev " + System.getProperty("user.name") + " " + port;
		return UUID.nameUUIDFromBytes(seed.getBytes(StandardCharsets.UTF_8)) + ".consul";
	}

	private static @Nullable DefaultPolicy policyOfDevConsul(int port) {
		try {
			HttpURLConnection connection = (HttpURLConnection) URI.create("http://127.0.0.1:" + port)
				.resolve("/v1/agent/self")
				.toURL()
				.openConnection(java.net.Proxy.NO_PROXY);
			connection.setInstanceFollowRedirects(false);
			connection.setConnectTimeout(PROBE_MILLIS);
			connection.setReadTimeout(PROBE_MILLIS);
			try {
				if (connection.getResponseCode() != 200 || connection.getHeaderField(DevConsul.MARKER_HEADER) == null) {
					return null;
				}
				String policy = connection.getHeaderField("X-Consul-Default-Acl-Policy");
				return (policy != null) ? DefaultPolicy.valueOf(policy.toUpperCase(Locale.ROOT)) : DefaultPolicy.ALLOW;
			}
			finally {
				connection.disconnect();
			}
		}
		catch (IOException ex) {
			return null;
		}
	}

	private void takeOverFromTheDead() {
		if (this.hosted != null || isListening()) {
			return;
		}
		try {
			this.hosted = host(this.port, this.defaultPolicy);
		}
		catch (RuntimeException ex) {
			logger.error("The host of the development Consul at {} is gone, and this application cannot host it; "
					+ "it goes on with what it knows", this.url, ex);
			// Ends the tries.
			throw ex;
		}
		if (this.hosted != null) {
			logger.warn("The host of the development Consul at {} is gone; this application hosts it now. "
					+ "Services register again by themselves, intentions have to be made again.", this.url);
		}
	}

	private boolean isListening() {
		try (Socket socket = new Socket()) {
			socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), this.port), PROBE_MILLIS);
			return true;
		}
		catch (IOException ex) {
			return false;
		}
	}

	private static Thread daemon(Runnable task) {
		Thread thread = new Thread(task, "bootmesh-dev-lookout");
		thread.setDaemon(true);
		return thread;
	}

	/**
	 * Where the Consul is.
	 *
	 * @param hosted what this JVM hosts, {@code null} if it has joined
	 * @param defaultPolicy what holds there where no intention decides
	 */
	private record Place(@Nullable DevConsul hosted, DefaultPolicy defaultPolicy) {

	}

}
