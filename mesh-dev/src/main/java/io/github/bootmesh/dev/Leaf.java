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

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A leaf certificate as the agent keeps it.
 *
 * @param service the service
 * @param uri its SPIFFE ID
 * @param serial the serial number
 * @param certificatePem the certificate and its intermediates
 * @param privateKeyPem the key
 * @param validAfter start of the validity
 * @param validBefore end of the validity
 * @param renewAt when the agent asks for the next one
 * @param createIndex the index that it came with
 * @param modifyIndex the same
 */
record Leaf(String service, String uri, String serial, String certificatePem, String privateKeyPem, Instant validAfter,
		Instant validBefore, Instant renewAt, long createIndex, long modifyIndex) {

	/**
	 * When the agent renews it in the course of things: at a random point between 60 and
	 * 90 % of its lifetime, as Consul does.
	 * @param from when its lifetime starts
	 * @param until when it ends
	 * @return the moment
	 */
	static Instant renewal(Instant from, Instant until) {
		double part = 0.6 + 0.3 * ThreadLocalRandom.current().nextDouble();
		return from.plusMillis((long) (Duration.between(from, until).toMillis() * part));
	}

	boolean due(Instant now) {
		return !now.isBefore(this.renewAt);
	}

	Leaf renewAt(Instant moment) {
		return new Leaf(this.service, this.uri, this.serial, this.certificatePem, this.privateKeyPem, this.validAfter,
				this.validBefore, moment, this.createIndex, this.modifyIndex);
	}

	Leaf at(long index) {
		return new Leaf(this.service, this.uri, this.serial, this.certificatePem, this.privateKeyPem, this.validAfter,
				this.validBefore, this.renewAt, index, index);
	}

	@Override
	public String toString() {
		return "Leaf[" + this.uri + ", " + this.serial + "]";
	}

}
