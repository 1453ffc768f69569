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

import java.net.URI;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.github.bootmesh.autoconfigure.consul.ConsulConnectionDetails;
import io.github.bootmesh.dev.DevConsul;

/**
 * Where the development Consul is.
 */
final class DevConsulConnectionDetails implements ConsulConnectionDetails {

	private static final Logger logger = LoggerFactory.getLogger(DevConsul.class);

	private final URI url;

	private DevConsulConnectionDetails(URI url) {
		this.url = url;
	}

	static DevConsulConnectionDetails of(DevConsul consul) {
		return loud(consul.url(), "of this application context");
	}

	static DevConsulConnectionDetails of(SharedDevConsul consul) {
		return loud(consul.url(), consul.isHostedHere() ? "hosted by this application" : "hosted by another process");
	}

	private static DevConsulConnectionDetails loud(URI url, String whose) {
		logger.warn("*** DEVELOPMENT CONSUL at {}, {}. Its mesh protects nothing: every program on this machine "
				+ "gets any identity from it. Never use it in production. ***", url, whose);
		return new DevConsulConnectionDetails(url);
	}

	@Override
	public URI getUrl() {
		return this.url;
	}

	@Override
	public boolean isDevelopment() {
		return true;
	}

}
