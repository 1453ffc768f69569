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

/**
 * The side of the connection that a certificate was shown by, and the key purpose that it
 * must have for it (RFC 5280, section 4.2.1.12).
 */
enum PeerUse {

	/** The peer dialled us. */
	CLIENT("1.3.6.1.5.5.7.3.2"),

	/** The peer was dialled. */
	SERVER("1.3.6.1.5.5.7.3.1");

	static final String ANY_PURPOSE = "2.5.29.37.0";

	private final String purpose;

	PeerUse(String purpose) {
		this.purpose = purpose;
	}

	String purpose() {
		return this.purpose;
	}

}
