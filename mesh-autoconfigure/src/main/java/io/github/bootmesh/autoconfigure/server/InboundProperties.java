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

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

import io.github.bootmesh.tls.TlsSettings;

/**
 * Settings of what this application accepts from the mesh.
 *
 * @param mode Who speaks mTLS on this application's behalf.
 * @param handshakeTimeout Time in which a TLS handshake must be done.
 * @param maxConnections Open accepted connections at most.
 * @param maxHandshakes TLS handshakes under way at once at most.
 * @param revocationGrace Time that an exchange in flight gets when intentions allow it no
 * more.
 */
@ConfigurationProperties("bootmesh.inbound")
public record InboundProperties(@DefaultValue("native") Mode mode, @DefaultValue("10s") Duration handshakeTimeout,
		@DefaultValue("8192") int maxConnections, @DefaultValue("256") int maxHandshakes,
		@DefaultValue("1s") Duration revocationGrace) {

	public InboundProperties {
		if (handshakeTimeout.isZero() || handshakeTimeout.isNegative()) {
			throw invalid("handshake-timeout", handshakeTimeout, "Must be longer than nothing.");
		}
		if (revocationGrace.isNegative()) {
			throw invalid("revocation-grace", revocationGrace, "Must not be negative.");
		}
		if (maxConnections < 1) {
			throw invalid("max-connections", maxConnections, "Must be at least 1.");
		}
		if (maxHandshakes < 1) {
			throw invalid("max-handshakes", maxHandshakes, "Must be at least 1.");
		}
	}

	TlsSettings tlsSettings() {
		return new TlsSettings(this.handshakeTimeout, this.maxConnections, this.maxHandshakes,
				TlsSettings.DEFAULTS.drain(), this.revocationGrace);
	}

	private static InvalidConfigurationPropertyValueException invalid(String name, Object value, String reason) {
		return new InvalidConfigurationPropertyValueException("bootmesh.inbound." + name, value, reason);
	}

	/**
	 * Who speaks mTLS on this application's behalf.
	 */
	public enum Mode {

		/**
		 * The embedded server itself.
		 */
		NATIVE,

		/**
		 * Nobody: the application accepts nothing from the mesh.
		 */
		NONE

	}

}
