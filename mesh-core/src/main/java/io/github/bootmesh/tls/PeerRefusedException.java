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

package io.github.bootmesh.tls;

import java.security.cert.CertificateException;

import org.jspecify.annotations.Nullable;

/**
 * The other side of a connection was refused for what it showed. The message says what
 * was expected and what was shown. Found in the cause chain of the failed handshake.
 */
public final class PeerRefusedException extends CertificateException {

	private static final long serialVersionUID = 1L;

	private final Refusal reason;

	PeerRefusedException(Refusal reason, String message) {
		this(reason, message, null);
	}

	PeerRefusedException(Refusal reason, String message, @Nullable Throwable cause) {
		super(message, cause);
		this.reason = reason;
	}

	/**
	 * The reason.
	 * @return the reason
	 */
	public Refusal reason() {
		return this.reason;
	}

}
