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

package io.github.bootmesh;

/**
 * Consul lists no mesh instance of the destination at all, not even a critical one. None
 * is registered as mesh-native or behind a proxy, or the token cannot read the service:
 * Consul leaves out silently what a token cannot read, so the two look the same. The
 * message names the rights that the token needs.
 *
 * @see <a href=
 * "https://developer.hashicorp.com/consul/docs/security/acl/acl-rules#service-rules">Service
 * rules</a>
 */
public final class DestinationNotVisibleException extends MeshException {

	public DestinationNotVisibleException(String message) {
		super(message, null);
	}

}
