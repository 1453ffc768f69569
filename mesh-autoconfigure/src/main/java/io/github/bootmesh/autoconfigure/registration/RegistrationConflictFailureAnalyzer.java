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

package io.github.bootmesh.autoconfigure.registration;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

import io.github.bootmesh.registration.RegistrationConflictException;

/**
 * Explains a start that failed because another instance holds the ID.
 */
final class RegistrationConflictFailureAnalyzer extends AbstractFailureAnalyzer<RegistrationConflictException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, RegistrationConflictException cause) {
		return new FailureAnalysis(String.valueOf(cause.getMessage()),
				"Give each instance an ID of its own in 'bootmesh.registration.id', or leave it out to have one made "
						+ "for this process. If the other instance is gone, deregister it "
						+ "('consul services deregister -id=...') or wait until its check is critical.",
				rootFailure);
	}

}
