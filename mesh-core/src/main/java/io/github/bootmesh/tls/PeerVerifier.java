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

import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import org.jspecify.annotations.Nullable;

/**
 * Verifies what peers show against the roots of one TLS epoch, and remembers the chains
 * that it found good as long as the epoch lives. Thread-safe.
 */
final class PeerVerifier {

	/**
	 * A usual chain is one to three kilobytes, so some two thousand peers.
	 */
	private static final int MEMORY_BYTES = 4 * 1024 * 1024;

	private final Set<X509Certificate> roots;

	private final PathValidator validator;

	private final Clock clock;

	private final LongAdder validations = new LongAdder();

	private final Cache<ShownChain, VerifiedChain> verified = Caffeine.newBuilder()
		.maximumWeight(MEMORY_BYTES)
		.weigher((ShownChain shown, VerifiedChain chain) -> shown.size())
		.executor(Runnable::run)
		.build();

	PeerVerifier(List<X509Certificate> roots, Clock clock) {
		this.roots = Set.copyOf(roots);
		this.validator = new PathValidator(roots);
		this.clock = clock;
	}

	/**
	 * Verifies a chain; costs signature checks when it is not remembered.
	 */
	VerifiedChain verify(Certificate[] shown, PeerUse use) throws PeerRefusedException {
		ShownChain key = ShownChain.of(shown, use);
		VerifiedChain chain = this.verified.getIfPresent(key);
		if (chain == null) {
			this.validations.increment();
			chain = this.validator.validate(key, this.clock.instant());
			this.verified.put(key, chain);
		}
		return chain.validAt(this.clock.instant());
	}

	/**
	 * Verifies a chain if that costs next to nothing.
	 * @return {@code null} if it is not remembered
	 */
	@Nullable VerifiedChain remembered(Certificate[] shown, PeerUse use) throws PeerRefusedException {
		VerifiedChain chain = this.verified.getIfPresent(ShownChain.of(shown, use));
		return (chain != null) ? chain.validAt(this.clock.instant()) : null;
	}

	boolean trusts(X509Certificate anchor) {
		return this.roots.contains(anchor);
	}

	long validations() {
		return this.validations.sum();
	}

}
