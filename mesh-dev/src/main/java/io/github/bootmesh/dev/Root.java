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

import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * A CA certificate with its keys.
 *
 * @param certificate the certificate
 * @param keys its keys
 * @param intermediates certificates that cross-sign it
 * @param rotatedOut when the next one took over, or {@code null} while it signs
 * @param createIndex the index that it came with
 * @param modifyIndex the index of its last change
 */
record Root(X509Certificate certificate, KeyPair keys, List<X509Certificate> intermediates,
		@Nullable Instant rotatedOut, long createIndex, long modifyIndex) {

	boolean active() {
		return this.rotatedOut == null;
	}

	String id() {
		return Certificates.fingerprint(this.certificate);
	}

	Root retired(Instant now, long index) {
		return new Root(this.certificate, this.keys, this.intermediates, now, this.createIndex, index);
	}

	Root at(long index) {
		return new Root(this.certificate, this.keys, this.intermediates, this.rotatedOut, index, index);
	}

	@Override
	public String toString() {
		return "Root[" + id() + "]";
	}

}
