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

import java.time.Instant;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * The intentions of a development Consul, for tests. What is written for a source and a
 * destination takes the place of what was. Names may be {@code *}. Thread-safe.
 */
public final class DevIntentions {

	private final Store store;

	private final ConsulVersion version;

	private final IntentionWrites writes;

	private volatile DefaultPolicy defaultPolicy;

	DevIntentions(Store store, DevConsulSettings settings) {
		this.store = store;
		this.version = settings.version();
		this.writes = (this.version == ConsulVersion.V1_8) ? new SingleIntentions() : new GroupedIntentions();
		this.defaultPolicy = settings.defaultIntentionPolicy();
	}

	/**
	 * Lets a service call another one.
	 * @param source the service that calls
	 * @param destination the service that is called
	 * @return this
	 */
	public DevIntentions allow(String source, String destination) {
		return write(source, destination, "allow", null);
	}

	/**
	 * Forbids a service to call another one.
	 * @param source the service that calls
	 * @param destination the service that is called
	 * @return this
	 */
	public DevIntentions deny(String source, String destination) {
		return write(source, destination, "deny", null);
	}

	/**
	 * Lets permissions decide each request of a service to another one: the first that
	 * matches, top to bottom, and where none does the default policy.
	 * @param source the service that calls
	 * @param destination the service that is called
	 * @param permissions a JSON list in Consul's own words, such as
	 * {@code [{"Action":"allow","HTTP":{"PathPrefix":"/orders","Methods":["GET"]}}]}
	 * @return this
	 * @throws IllegalArgumentException if Consul would not take them
	 */
	public DevIntentions permissions(String source, String destination, String permissions) {
		if (this.version == ConsulVersion.V1_8) {
			throw new IllegalArgumentException("Consul " + this.version.text() + " has no permissions");
		}
		return write(source, destination, null, List.of(Json.read(permissions, IntentionPermission[].class)));
	}

	/**
	 * Takes away what is written for a source and a destination. What is written for
	 * {@code *} stays.
	 * @param source the service that calls
	 * @param destination the service that is called
	 * @return this
	 */
	public DevIntentions remove(String source, String destination) {
		this.store
			.update((state, index) -> state.with(this.writes.delete(state.intentions(), source, destination, index)));
		return this;
	}

	/**
	 * Takes away all intentions.
	 * @return this
	 */
	public DevIntentions clear() {
		return restore(List.of());
	}

	/**
	 * Changes what holds where no intention decides, as an operator does who starts the
	 * agent again with another configuration. Applications ask for it when they connect:
	 * let the agent {@linkplain DevConsul#goAway() go away} and
	 * {@linkplain DevConsul#comeBack() come back}.
	 * @param policy what holds
	 * @return this
	 */
	public DevIntentions defaultPolicy(DefaultPolicy policy) {
		this.defaultPolicy = policy;
		return this;
	}

	/**
	 * What holds where no intention decides.
	 * @return the default policy
	 */
	public DefaultPolicy defaultPolicy() {
		return this.defaultPolicy;
	}

	/**
	 * Remembers the intentions and the default policy.
	 * @return brings them back
	 */
	public Runnable remember() {
		List<Intention> before = this.store.current().intentions().written();
		DefaultPolicy policy = this.defaultPolicy;
		return () -> restore(before).defaultPolicy(policy);
	}

	void endpoints(Router router) {
		new IntentionEndpoints(this.store, this.version, this.writes, this::defaultPolicy).register(router);
		new AuthorizeEndpoint(this.store, this.version, this::defaultPolicy).register(router);
		if (this.writes instanceof GroupedIntentions grouped) {
			new GroupedIntentionEndpoints(this.store, grouped).register(router);
		}
	}

	private DevIntentions restore(List<Intention> before) {
		this.store.update((state, index) -> state.intentions().written().equals(before) ? state
				: state.with(new Intentions(before, index)));
		return this;
	}

	private DevIntentions write(String source, String destination, @Nullable String action,
			@Nullable List<IntentionPermission> permissions) {
		Intention wanted = Intention.wanted(source, destination, action, permissions);
		try {
			this.store.update(
					(state, index) -> state.with(this.writes.upsert(state.intentions(), wanted, Instant.now(), index)));
		}
		catch (RefusedException ex) {
			throw new IllegalArgumentException(ex.text(), ex);
		}
		return this;
	}

}
