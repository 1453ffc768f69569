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

package io.github.bootmesh.registration;

import java.security.SecureRandom;
import java.util.HexFormat;

import io.github.bootmesh.Internal;

/**
 * Makes the ID of an instance where none is configured:
 * {@code <service>-<port>-<random text of this process>}. Host name and process ID would
 * not do: in containers each process may be number 1 of a host with the same name. The
 * port tells apart several applications in one process, and an application that is
 * started anew in the same process (DevTools) gets its ID again.
 */
@Internal
public final class InstanceId {

	private static final String PROCESS = random();

	private InstanceId() {
	}

	/**
	 * The ID of the instance of this process.
	 * @param service the service
	 * @param port the port that it listens on
	 * @return the ID
	 */
	public static String of(String service, int port) {
		return service + "-" + port + "-" + PROCESS;
	}

	/**
	 * Whether a text is taken for an ID.
	 * @param id the text
	 * @return whether it has letters, digits, '-', '_' and '.' only, and begins with none
	 * of '-' and '.'
	 */
	public static boolean isValid(String id) {
		return id.matches("[A-Za-z0-9_][A-Za-z0-9._-]*");
	}

	private static String random() {
		byte[] bytes = new byte[6];
		new SecureRandom().nextBytes(bytes);
		return HexFormat.of().formatHex(bytes);
	}

}
