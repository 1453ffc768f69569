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

import java.util.Locale;

/**
 * Why a connection or its peer was refused: the closed set of reasons that refusals are
 * counted by.
 */
public enum Refusal {

	/**
	 * The client showed no certificate.
	 */
	NO_CERTIFICATE,

	/**
	 * No path leads from the certificate to a current root.
	 */
	UNTRUSTED,

	/**
	 * A certificate of the path has ended.
	 */
	EXPIRED,

	/**
	 * A certificate of the path has not begun.
	 */
	NOT_YET_VALID,

	/**
	 * The certificate is a CA's, or not for the side that showed it.
	 */
	NOT_FOR_THIS_USE,

	/**
	 * The certificate names no URI.
	 */
	NO_URI_SAN,

	/**
	 * The certificate names more than one URI.
	 */
	SEVERAL_URI_SANS,

	/**
	 * The certificate's URI is not the SPIFFE ID of a service.
	 */
	NOT_A_SERVICE_ID,

	/**
	 * The peer is of another trust domain.
	 */
	OTHER_TRUST_DOMAIN,

	/**
	 * The server is not the one that was dialled.
	 */
	WRONG_IDENTITY,

	/**
	 * The peer showed more certificates than are looked at.
	 */
	CHAIN_TOO_LONG,

	/**
	 * A key of the chain is larger than is computed with.
	 */
	KEY_TOO_LARGE,

	/**
	 * What came was no TLS handshake, or a broken one.
	 */
	BAD_HANDSHAKE,

	/**
	 * The handshake was not done in time.
	 */
	HANDSHAKE_TIMEOUT,

	/**
	 * As many connections as allowed are open.
	 */
	TOO_MANY_CONNECTIONS,

	/**
	 * The handshake's turn did not come in time.
	 */
	TOO_MANY_HANDSHAKES,

	/**
	 * The peer is not admitted.
	 */
	NOT_ADMITTED,

	/**
	 * This service had no usable identity.
	 */
	NO_IDENTITY;

	/**
	 * The reason as it is counted and logged, such as {@code no-certificate}.
	 * @return the key
	 */
	public String key() {
		return name().toLowerCase(Locale.ROOT).replace('_', '-');
	}

}
