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

package io.github.bootmesh.autoconfigure.external;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import io.netty.util.NetUtil;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.boot.diagnostics.FailureAnalyzedException;

import io.github.bootmesh.Internal;
import io.github.bootmesh.autoconfigure.DurationText;
import io.github.bootmesh.autoconfigure.MeshProperties;
import io.github.bootmesh.autoconfigure.registration.MeshPort;
import io.github.bootmesh.autoconfigure.registration.MeshRegistrationLifecycle;
import io.github.bootmesh.registration.RegistrationStatus;

/**
 * The proxy that takes and makes the mesh's connections for this application. It learns
 * what to do from the registration, which is made when this bean is initialised; then its
 * listeners for upstreams are awaited, so that who depends on this bean can connect.
 */
@Internal
public final class ExternalProxy implements MeshPort, InitializingBean {

	private static final Logger logger = LoggerFactory.getLogger(ExternalProxy.class);

	private static final Duration PAUSE = Duration.ofMillis(100);

	private final @Nullable MeshRegistrationLifecycle registration;

	private final Map<String, ProxyListener> upstreams = new LinkedHashMap<>();

	private final InetSocketAddress bind;

	private final @Nullable ProxyListener application;

	private final MeshProperties mesh;

	private volatile @Nullable ProxyListener publicListener;

	/**
	 * A proxy.
	 * @param registration what it learns from, or {@code null} if somebody else registers
	 * @param upstreams where it is to listen for upstreams
	 * @param bind where it is to take connections from the mesh, perhaps at all addresses
	 * @param localPort where it is to pass them on to, or {@code null} if nowhere
	 */
	ExternalProxy(@Nullable MeshRegistrationLifecycle registration, Map<String, InetSocketAddress> upstreams,
			InetSocketAddress bind, @Nullable Integer localPort, MeshProperties mesh) {
		this.registration = registration;
		upstreams.forEach((name, address) -> this.upstreams.put(name, new ProxyListener(reachable(address))));
		this.bind = bind;
		this.application = (localPort != null)
				? new ProxyListener(new InetSocketAddress(InetAddress.getLoopbackAddress(), localPort)) : null;
		this.mesh = mesh;
	}

	private static InetSocketAddress reachable(InetSocketAddress address) {
		return address.getAddress().isAnyLocalAddress()
				? new InetSocketAddress(InetAddress.getLoopbackAddress(), address.getPort()) : address;
	}

	@Override
	public void afterPropertiesSet() {
		long end = System.nanoTime() + this.mesh.startupTimeout().toNanos();
		if (this.registration != null) {
			this.registration.registerAhead();
		}
		List<String> missing = await(end);
		if (!missing.isEmpty()) {
			tell(missing);
		}
	}

	// Each of them is looked at once at least.
	private List<String> await(long end) {
		Map<String, ProxyListener> missing = new LinkedHashMap<>(this.upstreams);
		missing.values().removeIf(ProxyListener::answersNow);
		try {
			while (!missing.isEmpty() && System.nanoTime() - end < 0) {
				TimeUnit.MILLISECONDS.sleep(PAUSE.toMillis());
				missing.values().removeIf(ProxyListener::answersNow);
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException("Interrupted while waiting for the proxy", ex);
		}
		return missing.entrySet()
			.stream()
			.map((upstream) -> "'" + upstream.getKey() + "' at " + text(upstream.getValue()))
			.toList();
	}

	private void tell(List<String> missing) {
		String what = "The proxy does not listen for the upstreams " + missing + " within "
				+ DurationText.of(this.mesh.startupTimeout());
		if (!this.mesh.failFast()) {
			logger.warn("{}. The application starts without them", what);
			return;
		}
		RegistrationStatus registered = status(this.registration);
		String id = (registered != null) ? registered.id() : "<id>";
		throw new FailureAnalyzedException(what + ".",
				"Have the proxy started and kept running, such as with 'consul connect proxy -sidecar-for " + id
						+ "': it finds its upstreams in the registration, which is there before anything connects. "
						+ "If it only needs more time, raise 'bootmesh.startup-timeout'; to start without it, set "
						+ "'bootmesh.fail-fast=false'; to do without it, set 'bootmesh.inbound.mode=sidecar'.");
	}

	private static @Nullable RegistrationStatus status(@Nullable MeshRegistrationLifecycle registration) {
		return (registration != null) ? registration.status() : null;
	}

	@Override
	public @Nullable String problem() {
		if (this.application != null && !this.application.answers()) {
			return "The local port behind the proxy does not answer.";
		}
		ProxyListener listener = publicListener();
		return listener.answers() ? null : "The proxy does not take connections from the mesh at " + text(listener)
				+ ". If it listens elsewhere, 'bootmesh.inbound.address' has to say so.";
	}

	/**
	 * What is known of the proxy. May block for seconds where it is not there.
	 * @return the status
	 */
	public ExternalProxyStatus status() {
		return new ExternalProxyStatus(listener("public", publicListener()),
				this.upstreams.entrySet()
					.stream()
					.map((upstream) -> listener(upstream.getKey(), upstream.getValue()))
					.toList());
	}

	private static ExternalProxyStatus.Listener listener(String name, ProxyListener listener) {
		return new ExternalProxyStatus.Listener(name, text(listener), listener.answers());
	}

	// One that is bound to all addresses answers on loopback. Consul's built-in proxy is
	// bound to the one that is registered.
	private ProxyListener publicListener() {
		ProxyListener found = this.publicListener;
		if (found != null && found.answers()) {
			return found;
		}
		ProxyListener listener = new ProxyListener(reachable(this.bind));
		RegistrationStatus registered = status(this.registration);
		if (this.bind.getAddress().isAnyLocalAddress() && registered != null && !listener.answersNow()) {
			ProxyListener atRegistered = new ProxyListener(
					new InetSocketAddress(registered.address(), this.bind.getPort()));
			listener = atRegistered.answersNow() ? atRegistered : listener;
		}
		this.publicListener = listener;
		return listener;
	}

	private static String text(ProxyListener listener) {
		return NetUtil.toSocketAddressString(listener.address());
	}

}
