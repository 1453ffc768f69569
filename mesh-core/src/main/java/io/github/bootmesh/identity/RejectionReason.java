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

package io.github.bootmesh.identity;

import java.util.Locale;

/**
 * Why an identity that was delivered is not taken.
 */
public enum RejectionReason {

	/**
	 * Certificates or key cannot be read, or there are too many of them.
	 */
	UNREADABLE,

	/**
	 * The source offers a leaf that it is about to replace.
	 */
	STALE,

	/**
	 * The source broke its contract and ended with an error; it is asked again.
	 */
	SOURCE_FAILED,

	/**
	 * The roots belong to a development Consul.
	 */
	DEVELOPMENT_ROOTS,

	/**
	 * The first certificate is that of a CA.
	 */
	NOT_A_LEAF,

	/**
	 * The key is not that of the leaf.
	 */
	KEY_MISMATCH,

	/**
	 * The leaf has no URI or several.
	 */
	NOT_ONE_URI,

	/**
	 * The URI is not the SPIFFE ID of a service.
	 */
	NOT_A_SERVICE,

	/**
	 * The leaf is another service's.
	 */
	OTHER_SERVICE,

	/**
	 * The leaf is of another datacenter.
	 */
	OTHER_DATACENTER,

	/**
	 * The leaf is of another namespace.
	 */
	OTHER_NAMESPACE,

	/**
	 * The leaf is of another admin partition.
	 */
	OTHER_PARTITION,

	/**
	 * Leaf or roots are of another trust domain.
	 */
	OTHER_TRUST_DOMAIN,

	/**
	 * The leaf is not valid yet.
	 */
	NOT_YET_VALID,

	/**
	 * The leaf is not valid any more.
	 */
	EXPIRED,

	/**
	 * The chain does not lead to a root.
	 */
	UNTRUSTED;

	/**
	 * The reason as it stands in status, logs and meters, such as {@code key-mismatch}.
	 * @return the label
	 */
	public String label() {
		return name().toLowerCase(Locale.ROOT).replace('_', '-');
	}

}
