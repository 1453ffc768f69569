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

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Arrays;

import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;

import org.jspecify.annotations.Nullable;

import io.github.bootmesh.identity.IdentityGeneration;

/**
 * The key and chain of one generation, never of two: a rotation between the calls that
 * ask for alias, chain and key cannot mix them. Shows the certificate whatever CA names
 * the other side hints at; its list may be older than our leaf.
 */
final class GenerationKeyManager extends X509ExtendedKeyManager {

	private final String alias;

	private final PrivateKey key;

	private final X509Certificate[] chain;

	GenerationKeyManager(IdentityGeneration generation) {
		this.alias = "mesh-" + generation.number();
		this.key = generation.key();
		this.chain = generation.chain().toArray(new X509Certificate[0]);
	}

	@Override
	public @Nullable String chooseEngineClientAlias(String @Nullable [] keyTypes, Principal @Nullable [] issuers,
			@Nullable SSLEngine engine) {
		return (keyTypes == null || Arrays.stream(keyTypes).anyMatch(this::fits)) ? this.alias : null;
	}

	@Override
	public @Nullable String chooseEngineServerAlias(String keyType, Principal @Nullable [] issuers,
			@Nullable SSLEngine engine) {
		return fits(keyType) ? this.alias : null;
	}

	@Override
	public @Nullable String chooseClientAlias(String @Nullable [] keyTypes, Principal @Nullable [] issuers,
			@Nullable Socket socket) {
		return chooseEngineClientAlias(keyTypes, issuers, null);
	}

	@Override
	public @Nullable String chooseServerAlias(String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
		return chooseEngineServerAlias(keyType, issuers, null);
	}

	@Override
	public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
		return fits(keyType) ? new String[] { this.alias } : null;
	}

	@Override
	public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
		return getClientAliases(keyType, issuers);
	}

	@Override
	public X509Certificate @Nullable [] getCertificateChain(String alias) {
		return this.alias.equals(alias) ? this.chain : null;
	}

	@Override
	public @Nullable PrivateKey getPrivateKey(String alias) {
		return this.alias.equals(alias) ? this.key : null;
	}

	private boolean fits(String keyType) {
		return keyType.equals(this.key.getAlgorithm()) || keyType.startsWith(this.key.getAlgorithm() + "_");
	}

}
